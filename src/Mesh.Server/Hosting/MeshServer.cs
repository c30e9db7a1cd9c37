using System.Collections.Immutable;
using Mesh.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Mesh as the application's own code uses it: injected anywhere, safe for use by several threads.</summary>
public sealed class MeshServer
{
    private readonly ConnectionRegistry _connections;
    private readonly ConnectionEvents _events;
    private readonly IRoomStore _store;
    private readonly IBackplane _backplane;
    private readonly MeshOptions _options;
    private readonly MeshJsonOptions _json;

    private MeshServer(
        ConnectionRegistry connections, ConnectionEvents events, IRoomStore store, IBackplane backplane, IOptions<MeshOptions> options, IOptions<MeshJsonOptions> json) =>
        (_connections, _events, _store, _backplane, _options, _json) = (connections, events, store, backplane, options.Value, json.Value);

    // Its parts are internal, so the container can't find a constructor by itself.
    internal static MeshServer Create(IServiceProvider services) => new(
        services.GetRequiredService<ConnectionRegistry>(),
        services.GetRequiredService<ConnectionEvents>(),
        services.GetRequiredService<IRoomStore>(),
        services.GetRequiredService<IBackplane>(),
        services.GetRequiredService<IOptions<MeshOptions>>(),
        services.GetRequiredService<IOptions<MeshJsonOptions>>());

    /// <summary>Raised once for each connection that came to this node; a resumed one had come before, unless it was on another. What a handler throws is logged.</summary>
    public event EventHandler<ConnectionEventArgs> Connected
    {
        add => _events.Connected += value;
        remove => _events.Connected -= value;
    }

    /// <summary>Raised once for each connection that went from this node: for a session, when its grace is over, or when another node has it.</summary>
    public event EventHandler<ConnectionEventArgs> Disconnected
    {
        add => _events.Disconnected += value;
        remove => _events.Disconnected -= value;
    }

    /// <summary>The connections of this node, also those dropped and within their grace.</summary>
    public IReadOnlyCollection<MeshConnection> Connections => _connections.All;

    /// <summary>The connection of that id on this node, or null.</summary>
    public MeshConnection? FindConnection(string connectionId) => _connections.Find(connectionId);

    /// <summary>A room by its name.</summary>
    /// <exception cref="ArgumentException">The name is not 1–256 characters without control characters (protocol §6).</exception>
    public MeshRoom Room(string name) =>
        RoomName.IsValid(name) ? new(name, this, _store) : throw new ArgumentException("A room name has 1 to 256 characters, and no control characters.", nameof(name));

    /// <summary>Attaches metadata to a connection; its rooms' members show it.</summary>
    /// <returns>False if there is no such connection on this node.</returns>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>; <c>EINVALID</c>: something that is no object can't be merged.</exception>
    public async ValueTask<bool> SetConnectionMetadataAsync<T>(
        string connectionId, T metadata, MetadataStrategy strategy = MetadataStrategy.Replace, CancellationToken cancellationToken = default)
    {
        if (FindConnection(connectionId) is not { } connection) return false;
        await connection.Memberships.SetMetadataAsync(Serialize(metadata), strategy, cancellationToken);
        return true;
    }

    /// <summary>Sends an event to all connections of all nodes, except those of the given ids.</summary>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>: it is larger than <see cref="MeshOptions.OutboundBytes"/>.</exception>
    public ValueTask BroadcastAsync<T>(string command, T payload, IEnumerable<string>? except = null, CancellationToken cancellationToken = default) =>
        BroadcastAsync(null, command, payload, except, cancellationToken);

    /// <summary>
    /// Ends all connections of a verified user on all nodes, also those within their grace: they are closed with 4101 within a second, their
    /// members leave at once, and clients do not reconnect by themselves. A node that can't be reached does so once it can. Whoever still has
    /// a valid cookie or token may connect again: take that first.
    /// </summary>
    /// <param name="userId">The user, as <see cref="MeshConnection.UserId"/> says it.</param>
    /// <param name="cancellationToken">Ends the waiting, not what was begun.</param>
    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: other nodes may not have been told; ask again.</exception>
    public ValueTask RevokeAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return _backplane.RevokeAsync(userId, cancellationToken);
    }

    internal ValueTask BroadcastAsync<T>(string? room, string command, T payload, IEnumerable<string>? except, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        var frame = AppJson.Event(command, Serialize(payload), _options.OutboundBytes);
        return _backplane.SendAsync(new(room, frame, except?.ToImmutableHashSet(StringComparer.Ordinal) ?? []), cancellationToken);
    }

    internal RawJson Serialize<T>(T value) => AppJson.Serialize(value, _json.SerializerOptions);

    internal T? Deserialize<T>(RawJson json) => AppJson.Deserialize<T>(json, _json.SerializerOptions);
}
