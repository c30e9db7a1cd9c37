using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>
/// The rooms a connection is a member of, and all it does to them: changes go to the store, timers stay here. What the store can't be
/// told now it is told later.
/// </summary>
internal sealed class Memberships(MeshConnection connection, RoomAccess rooms)
{
    private readonly Lock _gate = new();
    private readonly Intents _intents = new(rooms.Time);
    private readonly Dictionary<string, Membership> _byRoom = new(StringComparer.Ordinal);
    private Task _last = Task.CompletedTask;

    public IReadOnlyCollection<string> Rooms
    {
        get { lock (_gate) return [.. _byRoom.Keys]; }
    }

    public bool Contains(string room) => Find(room) is not null;

    /// <summary>Whether the connection is that member of a room, as far as it knows: neither a later one, nor on its way to become one.</summary>
    public bool Holds(string room, Member member) => Find(room)?.Last is { } last && last.JoinedAt <= member.JoinedAt;

    /// <summary>Where the room stood after the last change that the connection made there and was told of; the beginning if it is no member.</summary>
    public Stamp SeenAt(string room) => Find(room)?.At ?? default;

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
        // What was said before goes first, or not at all.
        if (_intents.Contains(room)) return await JoinAsync(room, state, cancellationToken);
        var change = await rooms.Store.SetStateAsync(room, connection.Id, state, cancellationToken);
        if (Find(room) is not { } membership) return change;
        // The store has lost the member, and this may be known before it says so.
        if (change.Outcome == ChangeOutcome.NotMember) return await JoinAsync(room, state, cancellationToken);
        Watch(membership, change);
        return change;
    }

    /// <summary>The same, also while the store is out of reach: then it is told later. Null: it is out of reach.</summary>
    public async ValueTask<RoomChange?> IntendStateAsync(string room, StateChange state, CancellationToken cancellationToken)
    {
        try
        {
            return await SetStateAsync(room, state, cancellationToken);
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            _intents.SetState(room, state);
            rooms.Intents.Add(this);
            return null;
        }
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
            foreach (var room in Rooms)
                await UnlessAwayAsync(() => rooms.Store.SetMemberMetadataAsync(room, connection.Id, metadata, cancellationToken), () => _intents.SetMetadata(room));
            await rooms.Sessions.SaveAsync(connection);
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>Joins all rooms again, with the states as they were: the store has lost them.</summary>
    public async Task JoinAgainAsync()
    {
        foreach (var room in Rooms) _intents.Join(room);
        await TellIntentsAsync();
    }

    /// <summary>Joins a room again, unless the store holds the member as it is to be; for a non-member nothing happens.</summary>
    /// <param name="room">The room.</param>
    /// <param name="held">The member as the store holds it; null if it does not.</param>
    public async Task JoinAgainAsync(string room, Member? held)
    {
        if (Find(room) is not { } membership || IsWhole(held, membership.Last)) return;
        if (held is null) _intents.Join(room);
        else _intents.SetMetadata(room);
        await TellIntentsAsync();
    }

    /// <summary>Tells the store what it could not be told before. False if it still can't.</summary>
    public async Task<bool> TellIntentsAsync()
    {
        foreach (var room in _intents.Rooms)
        {
            var done = await TakeTurnAsync();
            // Only now: while others had their turn it may have been told, and something later after it.
            var intent = _intents.Find(room);
            try
            {
                if (intent is null) continue;
                await TellAsync(room, intent);
                _intents.Settle(room, intent);
            }
            catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
            {
                rooms.Intents.Add(this);
                return false;
            }
            catch (MeshException) when (IsOver)
            {
                // It has ended, or another node has taken it, while the store was asked: nothing is due from here.
                _intents.Settle(room, intent!);
            }
            catch (Exception failure)
            {
                // Another attempt would fail as well.
                _intents.Settle(room, intent!);
                rooms.Log.RoomChangeFailed(connection.Id, failure);
            }
            finally
            {
                done.SetResult();
            }
        }
        return true;
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

    private bool IsOver => connection.IsEnded || connection.Session is { HasMoved: true };

    private bool IsWhole(Member? held, Member? last) =>
        held is not null
        && !(held.JoinedAt < last?.JoinedAt)
        && !(last?.Stamp > held.Stamp || last?.Stamp is not null && held.Stamp is null)
        && held.Metadata == connection.Metadata
        // An expiry that was told and lost is due again.
        && !(held.State.HasValue && held.Deadline <= rooms.Time.GetUtcNow().ToUnixTimeMilliseconds());

    private async ValueTask TellAsync(string room, Intent intent)
    {
        if (Find(room) is not { } membership)
        {
            if (!IsBack(room)) await rooms.Store.LeaveAsync(room, connection.Id, CancellationToken.None);
            return;
        }
        // Where another node has taken it meanwhile, it is that one's to join.
        if (IsOver) return;
        var (state, last) = (intent.StateAt(rooms.Time), membership.Last);
        var change = await JoinAloneAsync(room, state, CancellationToken.None, isClaimed: false);
        if (change.Member?.JoinedAt < last?.JoinedAt)
        {
            // The store went back to a membership before this one, and what was said then is over.
            await rooms.Store.LeaveAsync(room, connection.Id, CancellationToken.None);
            membership.ReturnTo(last);
            await JoinAloneAsync(room, state, CancellationToken.None, isClaimed: false);
        }
        if (intent.Metadata) await rooms.Store.SetMemberMetadataAsync(room, connection.Id, connection.Metadata, CancellationToken.None);
    }

    private async ValueTask<RoomChange> JoinAloneAsync(string room, StateChange? state, CancellationToken cancellationToken, bool isClaimed = true)
    {
        var (membership, isNew) = await AddAsync(room);
        if (isClaimed) membership.Claim();
        var intent = _intents.Find(room);
        var isAsked = false;
        RoomChange change;
        try
        {
            // The store may have lost the member, and with it the state: only where that is there again, a clear clears it.
            var isClear = state is StateChange.Publish { State.HasValue: false } && membership.Restore is not null;
            change = await rooms.Store.JoinAsync(
                room, NewMember(room) with { IsPutBack = !isNew }, isClear ? membership.Restore : state ?? membership.Restore, cancellationToken);
            isAsked = true;
            if (isClear && change.Member is not null) change = await rooms.Store.SetStateAsync(room, connection.Id, state!, cancellationToken);
            // It left, and the store does not know: that membership is over, with all that was said in it. (One that comes from another
            // node never left.)
            if (isNew && connection.Session is not { Moves: > 0 } && membership.Room.Own.HasLeft(connection.Id) && change.Member?.JoinedAt < change.At)
            {
                await rooms.Store.LeaveAsync(room, connection.Id, cancellationToken);
                change = await rooms.Store.JoinAsync(room, NewMember(room), state, cancellationToken);
            }
        }
        catch (StoreNotAskedException) when (!isAsked)
        {
            if (isNew) Remove(room);
            throw;
        }
        catch
        {
            if (isNew) await LeaveAloneAsync(room);
            throw;
        }
        if (change.Outcome is ChangeOutcome.Full or ChangeOutcome.Moved)
        {
            Remove(room);
            if (change.Outcome == ChangeOutcome.Full) throw Refusals.RoomFull(room);
            connection.Lose();
            throw Refusals.Ended();
        }
        // The connection may have ended while the store was at it.
        if (connection.IsEnded)
        {
            await LeaveAloneAsync(room);
            throw Refusals.Ended();
        }
        if (state is not null) _intents.SettleState(room, intent);
        Watch(membership, change);
        if (isNew && rooms.Presence.Find(room)?.Ttl is { } ttl) Lease(membership, ttl, ttl);
        return state is null ? change with { Refusal = null } : change;
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
        if (IsBack(room)) return;
        await UnlessAwayAsync(() => rooms.Store.LeaveAsync(room, connection.Id, CancellationToken.None), () => _intents.Leave(room));
    }

    private async ValueTask<RoomChange?> UnlessAwayAsync(Func<ValueTask<RoomChange>> change, Action intend)
    {
        try
        {
            return await change();
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            intend();
            rooms.Intents.Add(this);
            return null;
        }
    }

    private async ValueTask<(Membership Membership, bool IsNew)> AddAsync(string room)
    {
        if (Find(room) is { } present) return (present, false);
        var acquired = await rooms.Directory.AcquireAsync(room);
        lock (_gate)
        {
            if (!connection.IsEnded && !_byRoom.ContainsKey(room) && _byRoom.Count < rooms.Options.RoomsPerConnection)
            {
                acquired.Own.Add(connection);
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
        membership.Room.Own.Remove(connection);
        membership.Room.Release();
    }

    // It went to another node, and came back as another object: that one's members are not this one's to remove.
    private bool IsBack(string room) =>
        rooms.Connections.Find(connection.Id) is { } other && other != connection && other.Memberships.Contains(room);

    private Membership? Find(string room)
    {
        lock (_gate) return _byRoom.GetValueOrDefault(room);
    }

    private NewMember NewMember(string room) =>
        new(connection.Id, connection.UserId, connection.Session?.SiblingIn(room, connection.UserId), connection.Metadata, connection.Session?.Moves ?? 0);

    private void Watch(Membership membership, RoomChange change)
    {
        membership.SeeAt(change.At);
        if (change.Member is not { } member || !membership.See(member)) return;
        membership.ExpireAt(member, change.Timestamp ?? rooms.Time.GetUtcNow().ToUnixTimeMilliseconds(), rooms.Time, stamp => Later(ExpireAsync(membership.Room.Name, new(stamp))));
    }

    private async ValueTask ExpireAsync(string room, StateChange.Expire expiry)
    {
        var change = await UnlessAwayAsync(() => rooms.Store.SetStateAsync(room, connection.Id, expiry, CancellationToken.None), () => _intents.Expire(room, expiry));
        if (change is not null && Find(room) is { } membership) Watch(membership, change);
    }

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
