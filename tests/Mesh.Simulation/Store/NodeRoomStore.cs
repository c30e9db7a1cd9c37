using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The store as one node has it: the seam that the product's own code stands on.</summary>
internal sealed class NodeRoomStore(SimulatedStore store, StoreLink link, StoreListening listening, NodeLease lease, MeshOptions options) : IRoomStore
{
    public event Action? MembersLost
    {
        add => lease.Lost += value;
        remove => lease.Lost -= value;
    }

    public async ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken)
    {
        if (!lease.IsAlive) throw new StoreAwayException("The store is away, or this node has only begun.");
        await lease.IndexAsync(room);
        var generation = lease.Generation;
        return await AskAsync(() => store.Room(room).Join(generation, member, state, options.MembersPerRoom), cancellationToken);
    }

    public ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return AskAsync(() => store.Room(room).SetState(generation, connectionId, state), cancellationToken);
    }

    public ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return AskAsync(() => store.Room(room).SetMetadata(generation, connectionId, metadata), cancellationToken);
    }

    public ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return AskAsync(() => store.Room(room).Leave(generation, connectionId), cancellationToken);
    }

    public ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken) => AskAsync(() => store.Read(room), cancellationToken);

    public ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken) => AskAsync(() => store.GetMetadata(room), cancellationToken);

    public async ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken) => await AskAsync(
        () =>
        {
            store.SetMetadata(room, metadata);
            return true;
        },
        cancellationToken);

    public async ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken) =>
        await listening.ListenAsync(room, listener, missed).WaitAsync(cancellationToken);

    private async ValueTask<T> AskAsync<T>(Func<T> command, CancellationToken cancellationToken) => await link.AskAsync(command).WaitAsync(cancellationToken);
}
