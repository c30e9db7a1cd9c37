using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The store as one node has it: the seam that the product's own code stands on.</summary>
internal sealed class NodeRoomStore(
    SimulatedStore store, StoreLink link, StoreListening listening, NodeLease lease, KnownStamps known, NodeRoomChanges changes, MeshOptions options) : IRoomStore
{
    public event Func<Task>? MembersLost
    {
        add => lease.Lost += value;
        remove => lease.Lost -= value;
    }

    public event Action? Away
    {
        add => lease.Away += value;
        remove => lease.Away -= value;
    }

    public async ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken)
    {
        if (!lease.IsAlive) throw new StoreNotAskedException("The store can't be reached.");
        var generation = lease.Generation;
        await lease.IndexAsync(generation, room);
        return await ChangeAsync(room, (it, seen) => it.Join(generation, member, state, options.MembersPerRoom, seen), cancellationToken);
    }

    public ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return ChangeAsync(room, (it, _) => it.SetState(generation, connectionId, state), cancellationToken);
    }

    public ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return ChangeAsync(room, (it, _) => it.SetMetadata(generation, connectionId, metadata), cancellationToken);
    }

    public ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken)
    {
        var generation = lease.Generation;
        return ChangeAsync(room, (it, _) => it.Leave(generation, connectionId), cancellationToken);
    }

    public async ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken)
    {
        var seen = known.Of(room);
        var roster = await link.AskAsync(() => store.Open(room, seen).Read(seen)).WaitAsync(cancellationToken);
        known.See(room, roster.At);
        return roster;
    }

    public async ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken) =>
        await link.AskAsync(() => store.GetMetadata(room)).WaitAsync(cancellationToken);

    public async ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken) =>
        await link.DoAsync(() => store.SetMetadata(room, metadata)).WaitAsync(cancellationToken);

    public async ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken)
    {
        known.Keep(room);
        try
        {
            return new Listening(await listening.ListenAsync(Channels.Changes(room), Hear, missed), () => known.Release(room));
        }
        catch
        {
            known.Release(room);
            throw;
        }

        void Hear(object message)
        {
            var told = (RoomEvent)message;
            known.See(room, new(told.Change.Epoch, told.Change.To));
            listener(told);
        }
    }

    private async ValueTask<RoomChange> ChangeAsync(string room, Func<StoredRoom, Stamp?, RoomChange> script, CancellationToken cancellationToken)
    {
        var change = await changes.MakeAsync(room, script).WaitAsync(cancellationToken);
        known.See(room, change.At);
        return change;
    }

    private sealed class Listening(IAsyncDisposable listening, Action release) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await listening.DisposeAsync();
            release();
        }
    }
}
