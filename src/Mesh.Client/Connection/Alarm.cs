namespace Mesh.Client;

/// <summary>Calls back once, later, with the gate held. It is set and cancelled with the gate held, and never rings after that.</summary>
internal sealed class Alarm(ClientGate gate, Action ring)
{
    // A timer due at once might ring within the call that sets it.
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1);

    // Timers take no more than 49 days; what is left then is the next one's.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private ITimer? _timer;
    private object? _due;
    private TimeSpan _delay;
    private Moment _since;

    public bool IsSet => _due is not null;

    /// <summary>Sets it anew, whatever it was set to before.</summary>
    public void Set(TimeSpan delay)
    {
        (_delay, _since) = (delay, Moment.Now(gate.Time));
        Start(delay);
    }

    public void Cancel()
    {
        _due = null;
        _timer?.Dispose();
        _timer = null;
    }

    private void Start(TimeSpan delay)
    {
        Cancel();
        var due = _due = new();
        _timer = gate.Time.CreateTimer(Ring, due, delay < Soonest ? Soonest : delay > Longest ? Longest : delay, Timeout.InfiniteTimeSpan);
    }

    private void Ring(object? due)
    {
        lock (gate.Lock)
        {
            // The timer may have fired while it was being cancelled.
            if (!ReferenceEquals(_due, due)) return;
            Cancel();
            if (_delay > Longest && _delay - _since.Elapsed(gate.Time) is var left && left > TimeSpan.Zero) Start(left);
            else ring();
        }
    }
}
