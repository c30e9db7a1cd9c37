namespace Mesh.Simulation;

/// <summary>The one clock of a world, which nobody in it sees, and the one order in which all happens.</summary>
internal sealed class Timeline
{
    private readonly PriorityQueue<Planned, (TimeSpan Due, long Order)> _coming = new();
    private long _order;

    /// <summary>Since the world began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How much has happened.</summary>
    public long Steps { get; private set; }

    /// <summary>Of all that has happened so far: two runs with the same one are the same run.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    public Planned At(TimeSpan due, Action act)
    {
        var planned = new Planned(act);
        _coming.Enqueue(planned, (due > Now ? due : Now, _order++));
        return planned;
    }

    public Planned After(TimeSpan delay, Action act) => At(Now + delay, act);

    /// <summary>Lets the next thing happen.</summary>
    public void Step()
    {
        while (_coming.TryDequeue(out var next, out var when))
        {
            var before = Now;
            Now = when.Due;
            if (!next.Run())
            {
                // What was cancelled takes no time.
                Now = before;
                continue;
            }
            Steps++;
            Mix((ulong)when.Due.Ticks);
            Mix((ulong)when.Order);
            return;
        }
        throw new InvalidOperationException("Nothing is to happen any more.");
    }

    /// <summary>Adds to the trace.</summary>
    public void Mix(ulong what)
    {
        for (var shift = 0; shift < 64; shift += 16) Trace = (Trace ^ ((what >> shift) & 0xFFFF)) * 1099511628211;
    }
}
