using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>The rooms a connection is a member of, and all it does to them: changes go to the store, timers stay here.</summary>
internal sealed class Memberships(MeshConnection connection, RoomAccess rooms)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Membership> _byRoom = new(StringComparer.Ordinal);
    private Task _last = Task.CompletedTask;

    public IReadOnlyCollection<string> Rooms
    {
        get { lock (_gate) return [.. _byRoom.Keys]; }
    }

    public bool Contains(string room) => Find(room) is not null;

    /// <summary>Joins, with a state if given; for a member only the state matters. Claims the membership after a resume.</summary>
    /// <exception cref="MeshException"><c>ELIMIT</c>: too many rooms, or members in it; <c>ECLOSED</c>: the connection has ended.</exception>
    public async ValueTask<RoomChange> JoinAsync(string room, StateChange? state, CancellationToken cancellationToken)
    {
        var done = await TakeTurnAsync();
        try
        {
            return await JoinAloneAsync(room, state, cancellationToken);
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>The roster of a room after a change that was made there, from this node's replica while it is a member.</summary>
    public ValueTask<Roster> ReadAsync(string room, Stamp at, CancellationToken cancellationToken) =>
        Find(room)?.Room.ReadAsync(at, cancellationToken) ?? rooms.Store.ReadAsync(room, cancellationToken);

    /// <summary>Publishes, clears or restores the state of a member.</summary>
    public async ValueTask<RoomChange> SetStateAsync(string room, StateChange state, CancellationToken cancellationToken)
    {
        var change = await rooms.Store.SetStateAsync(room, connection.Id, state, cancellationToken);
        if (Find(room) is not { } membership) return change;
        // The store has lost the member, and this may be known before it says so.
        if (change.Outcome == ChangeOutcome.NotMember && state is not StateChange.Expire) return await JoinAsync(room, state, cancellationToken);
        Watch(membership, change);
        return change;
    }

    /// <summary>Attaches metadata to the connection, and to its members in all rooms.</summary>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>; <c>EINVALID</c>: something that is no object can't be merged.</exception>
    public async ValueTask SetMetadataAsync(RawJson update, MetadataStrategy strategy, CancellationToken cancellationToken)
    {
        var done = await TakeTurnAsync();
        try
        {
            var metadata = MetadataMerge.Apply(connection.Metadata, update, strategy);
            if (metadata.Utf8.Length > rooms.Options.StateBytes) throw Refusals.TooLarge("metadata", rooms.Options.StateBytes);
            connection.Metadata = metadata;
            foreach (var room in Rooms) await rooms.Store.SetMemberMetadataAsync(room, connection.Id, metadata, cancellationToken);
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>Joins all rooms again, with the states as they were: the store has lost them.</summary>
    public async ValueTask JoinAgainAsync()
    {
        foreach (var room in Rooms)
        {
            var done = await TakeTurnAsync();
            try
            {
                if (Find(room) is { Last: var last } && !connection.IsEnded)
                    await JoinAloneAsync(room, last is { Stamp: { } stamp } ? new StateChange.Restore(last.State, stamp, last.Deadline) : null, CancellationToken.None);
            }
            catch (Exception failure)
            {
                rooms.Log.RoomChangeFailed(connection.Id, failure);
            }
            finally
            {
                done.SetResult();
            }
        }
    }

    /// <summary>Leaves a room; for a non-member nothing happens.</summary>
    public ValueTask LeaveAsync(string room) => LeaveAsync(room, static () => true);

    /// <summary>Leaves all rooms: the connection has ended. A leave that fails is logged, and keeps no other.</summary>
    public async ValueTask LeaveAllAsync()
    {
        foreach (var room in Rooms) await LogFailureAsync(LeaveAsync(room));
    }

    /// <summary>
    /// After a resume over <paramref name="transport"/>: what is not claimed within the grace leaves (protocol §8). Should the WebSocket
    /// drop before, the grace of the whole connection counts, not what was left of this one.
    /// </summary>
    public void AwaitClaims(Transport transport, TimeSpan grace)
    {
        lock (_gate)
            foreach (var (room, membership) in _byRoom)
                membership.ClaimWithin(grace, rooms.Time, () => Later(LeaveAsync(room, () => membership.AwaitsClaim && connection.Transport == transport)));
    }

    private async ValueTask<RoomChange> JoinAloneAsync(string room, StateChange? state, CancellationToken cancellationToken)
    {
        var (membership, isNew) = await AddAsync(room);
        membership.Claim();
        RoomChange change;
        try
        {
            change = await rooms.Store.JoinAsync(room, NewMember(room), state, cancellationToken);
        }
        catch
        {
            if (isNew) await LeaveAloneAsync(room);
            throw;
        }
        if (change.Outcome == ChangeOutcome.Full)
        {
            Remove(room);
            throw Refusals.RoomFull(room);
        }
        // The connection may have ended while the store was at it.
        if (connection.IsEnded)
        {
            await LeaveAloneAsync(room);
            throw Refusals.Ended();
        }
        Watch(membership, change);
        if (change.Outcome == ChangeOutcome.Changed && rooms.Presence.Find(room)?.Ttl is { } ttl) Lease(membership, ttl, ttl);
        return change;
    }

    private async ValueTask LeaveAsync(string room, Func<bool> isStillDue)
    {
        var done = await TakeTurnAsync();
        try
        {
            if (isStillDue()) await LeaveAloneAsync(room);
        }
        finally
        {
            done.SetResult();
        }
    }

    // Joins, leaves and metadata of one connection come from its commands, from timers and from the application, and each is several
    // steps: they are made one at a time, in the order asked.
    private async ValueTask<TaskCompletionSource> TakeTurnAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate) (before, _last) = (_last, done.Task);
        await before;
        return done;
    }

    private async ValueTask LeaveAloneAsync(string room)
    {
        Remove(room);
        await rooms.Store.LeaveAsync(room, connection.Id, CancellationToken.None);
    }

    private async ValueTask<(Membership Membership, bool IsNew)> AddAsync(string room)
    {
        if (Find(room) is { } present) return (present, false);
        var acquired = await rooms.Directory.AcquireAsync(room);
        lock (_gate)
        {
            if (!connection.IsEnded && !_byRoom.ContainsKey(room) && _byRoom.Count < rooms.Options.RoomsPerConnection)
            {
                acquired.AddMember(connection);
                return (_byRoom[room] = new(acquired), true);
            }
        }
        acquired.Release();
        if (connection.IsEnded) throw Refusals.Ended();
        return (Find(room) ?? throw Refusals.TooManyRooms(), false);
    }

    private void Remove(string room)
    {
        Membership? membership;
        lock (_gate)
            if (!_byRoom.Remove(room, out membership)) return;
        membership.Dispose();
        membership.Room.RemoveMember(connection);
        membership.Room.Release();
    }

    private Membership? Find(string room)
    {
        lock (_gate) return _byRoom.GetValueOrDefault(room);
    }

    private NewMember NewMember(string room) =>
        new(connection.Id, connection.UserId, connection.Session?.SiblingIn(room, connection.UserId), connection.Metadata);

    private void Watch(Membership membership, RoomChange change)
    {
        if (change.Member is not null) membership.Last = change.Member;
        if (change is { Outcome: ChangeOutcome.Changed, Member: { } member })
            membership.ExpireAt(member, rooms.Time, stamp => Later(ExpireAsync(membership.Room.Name, stamp)));
    }

    private async ValueTask ExpireAsync(string room, Stamp stamp) =>
        await rooms.Store.SetStateAsync(room, connection.Id, new StateChange.Expire(stamp), CancellationToken.None);

    // A member's lease is renewed by any sign of life of its connection.
    private void Lease(Membership membership, TimeSpan ttl, TimeSpan due) => membership.LeaseFor(due, rooms.Time, () =>
    {
        var left = ttl - connection.SilentFor;
        if (left > TimeSpan.Zero) Lease(membership, ttl, left);
        else Later(LeaveAsync(membership.Room.Name, () => Find(membership.Room.Name) == membership));
    });

    // For timers, which have nobody to tell.
    private void Later(ValueTask change) => _ = LogFailureAsync(change);

    private async Task LogFailureAsync(ValueTask change)
    {
        try
        {
            await change;
        }
        catch (Exception failure)
        {
            rooms.Log.RoomChangeFailed(connection.Id, failure);
        }
    }
}
