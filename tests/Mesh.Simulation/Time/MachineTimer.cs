namespace Mesh.Simulation;

/// <summary>A timer of a machine's program.</summary>
internal sealed class MachineTimer(Machine machine, double pace, Action callback) : ITimer
{
    private Planned? _next;
    private TimeSpan _period;
    private bool _disposed;

    // Counts changes: what was due before is not rung any more, also if a frozen machine holds it.
    private int _change;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed) return false;
        Cancel();
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan) Plan(dueTime);
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        Cancel();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Cancel()
    {
        _change++;
        _next?.Cancel();
        _next = null;
    }

    private void Plan(TimeSpan due)
    {
        var change = _change;
        _next = machine.After(due / pace, () =>
        {
            if (change != _change) return;
            _next = null;
            if (_period > TimeSpan.Zero) Plan(_period);
            callback();
        });
    }
}
