namespace Mesh.Server;

/// <summary>Who asks for which room.</summary>
public class PresenceGuardContext
{
    private readonly CommandContext _command;

    internal PresenceGuardContext(CommandContext command, string room)
    {
        _command = command;
        Room = room;
    }

    /// <summary>The room's name.</summary>
    public string Room { get; }

    /// <summary>The connection that asks; <see cref="MeshConnection.User"/> says who that is.</summary>
    public MeshConnection Connection => _command.Connection;

    /// <summary>The services of the request, in a scope of their own.</summary>
    public IServiceProvider Services => _command.Services;

    /// <summary>Cancelled when the connection's WebSocket is gone.</summary>
    public CancellationToken CancellationToken => _command.CancellationToken;

    private protected CommandContext Command => _command;
}
