using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>A room as the application's own code uses it. Made by <see cref="MeshServer.Room"/>; holds nothing.</summary>
public sealed class MeshRoom
{
    private readonly MeshServer _mesh;
    private readonly IRoomStore _store;

    internal MeshRoom(string name, MeshServer mesh, IRoomStore store) => (Name, _mesh, _store) = (name, mesh, store);

    /// <summary>The room's name.</summary>
    public string Name { get; }

    /// <summary>All members with their states, in the order of joining, as of now.</summary>
    public ValueTask<Roster> ReadAsync(CancellationToken cancellationToken = default) => _store.ReadAsync(Name, cancellationToken);

    /// <summary>The states of the members that have one, by connection id.</summary>
    /// <exception cref="MeshException"><c>EINVALID</c>: a state is no <typeparamref name="TState"/>.</exception>
    public async ValueTask<IReadOnlyDictionary<string, TState>> StatesAsync<TState>(CancellationToken cancellationToken = default)
    {
        var roster = await ReadAsync(cancellationToken);
        return roster.Members.Where(it => it.State.HasValue)
            .ToDictionary(it => it.ConnectionId, it => _mesh.Deserialize<TState>(it.State)!, StringComparer.Ordinal);
    }

    /// <summary>Makes a connection of this node a member. Nothing happens if it is one.</summary>
    /// <returns>False if there is no such connection on this node.</returns>
    /// <exception cref="MeshException"><c>ELIMIT</c>: too many rooms, or members in this one.</exception>
    public async ValueTask<bool> AddAsync(string connectionId, CancellationToken cancellationToken = default)
    {
        if (_mesh.FindConnection(connectionId) is not { } connection) return false;
        await connection.Memberships.JoinAsync(Name, state: null, cancellationToken);
        return true;
    }

    /// <summary>Makes a connection of this node leave. Nothing happens if it is no member.</summary>
    /// <returns>False if there is no such connection on this node.</returns>
    public async ValueTask<bool> RemoveAsync(string connectionId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_mesh.FindConnection(connectionId) is not { } connection) return false;
        // A leave that was begun is made: half of one would be a ghost.
        await connection.Memberships.LeaveAsync(Name).AsTask().WaitAsync(cancellationToken);
        return true;
    }

    /// <summary>The room's metadata; the default if it has none.</summary>
    public async ValueTask<T?> GetMetadataAsync<T>(CancellationToken cancellationToken = default) =>
        _mesh.Deserialize<T>(await _store.GetMetadataAsync(Name, cancellationToken));

    /// <summary>Replaces the room's metadata, which outlives its members; null removes it.</summary>
    public ValueTask SetMetadataAsync<T>(T metadata, CancellationToken cancellationToken = default)
    {
        var json = _mesh.Serialize(metadata);
        return _store.SetMetadataAsync(Name, json.HasValue ? json : default, cancellationToken);
    }

    /// <summary>Sends an event to all members on all nodes, except the connections of the given ids.</summary>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>: it is larger than <see cref="MeshOptions.OutboundBytes"/>.</exception>
    public ValueTask BroadcastAsync<T>(string command, T payload, IEnumerable<string>? except = null, CancellationToken cancellationToken = default) =>
        _mesh.BroadcastAsync(Name, command, payload, except, cancellationToken);
}
