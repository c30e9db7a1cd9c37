namespace Mesh.Server;

/// <summary>Who asks for which room's presence.</summary>
public sealed class PresenceGuardContext
{
    private readonly CommandContext _command;

    internal PresenceGuardContext(CommandContext command, string room)
    {
        _command = command;
        Room = room;
    }

    /// <summary>The room's name.</summary>
    public string Room { get; }

    /// <summary>The connection that asks.</summary>
    public MeshConnection Connection => _command.Connection;

    /// <summary>The services of the request, in a scope of their own.</summary>
    public IServiceProvider Services => _command.Services;

    /// <summary>Cancelled when the connection's WebSocket is gone.</summary>
    public CancellationToken CancellationToken => _command.CancellationToken;
}
