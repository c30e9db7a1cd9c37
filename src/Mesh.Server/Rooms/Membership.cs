using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>That a connection is a member of a room: its timers, which the connection's node keeps.</summary>
internal sealed class Membership(Room room) : IDisposable
{
    // Timers hold no more than 49 days.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly Lock _gate = new();
    private bool _disposed;
    private Member? _last;
    private Stamp _at;
    private ITimer? _expiry;
    private ITimer? _lease;
    private ITimer? _claim;

    public Room Room { get; } = room;

    /// <summary>The member as the store had it last; null before that is known.</summary>
    public Member? Last
    {
        get { lock (_gate) return _last; }
    }

    /// <summary>Where the room stood after the last change of its own.</summary>
    public Stamp At
    {
        get { lock (_gate) return _at; }
    }

    /// <summary>What puts its state back; null if it had none.</summary>
    public StateChange.Restore? Restore => Last is { Stamp: { } stamp } last ? new(last.State, stamp, last.Deadline) : null;

    /// <summary>True while the membership is to be claimed, or else leaves.</summary>
    public bool AwaitsClaim
    {
        get { lock (_gate) return _claim is not null; }
    }

    /// <summary>Notes the member as the store has it; false if something later was seen.</summary>
    public bool See(Member member)
    {
        lock (_gate)
        {
            if (_last?.Stamp is { } seen && !(member.Stamp >= seen)) return false;
            _last = member;
            return true;
        }
    }

    /// <summary>Notes where the room stands after a change of its own.</summary>
    public void SeeAt(Stamp at)
    {
        lock (_gate)
            if (at > _at) _at = at;
    }

    /// <summary>Takes back what was seen since: it was of another membership.</summary>
    public void ReturnTo(Member? last)
    {
        lock (_gate) _last = last;
    }

    /// <summary>Calls <paramref name="expire"/> at the deadline of the member's newest state; a later call replaces it.</summary>
    /// <param name="member">The member.</param>
    /// <param name="now">The present by the clock that the deadline is of: no two agree, but all measure a while alike. Milliseconds since 1970.</param>
    /// <param name="time">Measures the while.</param>
    /// <param name="expire">Told of the state's stamp.</param>
    public void ExpireAt(Member member, long now, TimeProvider time, Action<Stamp> expire)
    {
        if (member is not { Deadline: { } deadline, Stamp: { } stamp, State.HasValue: true })
        {
            Replace(ref _expiry, null);
            return;
        }
        var due = TimeSpan.FromMilliseconds(Math.Max(0, deadline - now));
        if (due > LongestTimer)
            Replace(ref _expiry, time.CreateTimer(_ => ExpireAt(member, now + (long)LongestTimer.TotalMilliseconds, time, expire), null, LongestTimer, Timeout.InfiniteTimeSpan));
        else
            Replace(ref _expiry, time.CreateTimer(_ => expire(stamp), null, due, Timeout.InfiniteTimeSpan));
    }

    /// <summary>Calls <paramref name="renew"/> after <paramref name="due"/>; a later call replaces it.</summary>
    public void LeaseFor(TimeSpan due, TimeProvider time, Action renew) =>
        Replace(ref _lease, time.CreateTimer(_ => renew(), null, due, Timeout.InfiniteTimeSpan));

    /// <summary>Calls <paramref name="leave"/> unless <see cref="Claim"/> comes within <paramref name="grace"/>.</summary>
    public void ClaimWithin(TimeSpan grace, TimeProvider time, Action leave) =>
        Replace(ref _claim, time.CreateTimer(_ => leave(), null, grace, Timeout.InfiniteTimeSpan));

    public void Claim() => Replace(ref _claim, null);

    public void Dispose()
    {
        lock (_gate) _disposed = true;
        Replace(ref _expiry, null);
        Replace(ref _lease, null);
        Replace(ref _claim, null);
    }

    private void Replace(ref ITimer? slot, ITimer? timer)
    {
        lock (_gate)
        {
            slot?.Dispose();
            slot = _disposed ? null : timer;
            if (_disposed) timer?.Dispose();
        }
    }
}
