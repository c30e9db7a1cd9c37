namespace Mesh.Server;

/// <summary>The latest word of a connection on each room, as far as the store could not be told.</summary>
internal sealed class Intents(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Intent> _byRoom = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Rooms
    {
        get { lock (_gate) return [.. _byRoom.Keys]; }
    }

    public bool Contains(string room)
    {
        lock (_gate) return _byRoom.ContainsKey(room);
    }

    /// <summary>To be no member: nothing else counts then.</summary>
    public void Leave(string room) => Put(room, _ => new Intent());

    /// <summary>To be a member, with the state it had.</summary>
    public void Join(string room) => Put(room, static it => it with { });

    public void SetMetadata(string room) => Put(room, static it => it with { Metadata = true });

    public void SetState(string room, StateChange state) => Put(room, it => it with { State = state, Since = time.GetTimestamp() });

    /// <summary>The state that an expiry has ended, unless something was said since.</summary>
    public void Expire(string room, StateChange.Expire expiry) => Put(room, it => it.State is null ? it with { State = expiry } : it);

    /// <summary>The store has been told; what was said since stays.</summary>
    public void Settle(string room, Intent told)
    {
        lock (_gate)
        {
            if (!_byRoom.TryGetValue(room, out var present)) return;
            if (ReferenceEquals(present, told)) _byRoom.Remove(room);
            else SettleState(room, present, told.State);
        }
    }

    public Intent? Find(string room)
    {
        lock (_gate) return _byRoom.GetValueOrDefault(room);
    }

    /// <summary>The store knows a later state than what was to be told by <paramref name="before"/>; what was said since stays.</summary>
    public void SettleState(string room, Intent? before)
    {
        lock (_gate)
        {
            if (!_byRoom.TryGetValue(room, out var present)) return;
            if (ReferenceEquals(present, before) && !present.Metadata) _byRoom.Remove(room);
            else SettleState(room, present, before?.State);
        }
    }

    // It is to join, or to set its metadata, since: the state of before is not to be told with that.
    private void SettleState(string room, Intent present, StateChange? told)
    {
        if (ReferenceEquals(present.State, told)) _byRoom[room] = present with { State = null };
    }

    private void Put(string room, Func<Intent, Intent> change)
    {
        lock (_gate) _byRoom[room] = change(_byRoom.GetValueOrDefault(room) ?? new Intent());
    }
}
