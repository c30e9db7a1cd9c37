namespace Mesh.Simulation;

/// <summary>A machine with one program on it: it may freeze for a while or be killed, and its clock is its own.</summary>
internal sealed class Machine
{
    private readonly Timeline _timeline;
    private readonly Queue<Action> _held = new();

    /// <param name="name">For the log.</param>
    /// <param name="timeline">The world's.</param>
    /// <param name="skew">By how much its clock is ahead.</param>
    /// <param name="pace">How fast its clock runs; 1 is right.</param>
    public Machine(string name, Timeline timeline, TimeSpan skew, double pace)
    {
        (Name, _timeline) = (name, timeline);
        Clock = new(this, timeline, skew, pace);
    }

    public string Name { get; }

    /// <summary>What its program is given as time.</summary>
    public MachineClock Clock { get; }

    public bool IsDead { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>Does something there, unless it is dead by then. What comes while it is frozen is done later, in the same order.</summary>
    public Planned After(TimeSpan delay, Action act) => _timeline.After(delay, () => Do(act));

    public void Freeze() => IsFrozen = !IsDead;

    public void Thaw()
    {
        IsFrozen = false;
        while (_held.TryDequeue(out var act)) After(TimeSpan.Zero, act);
    }

    public void Kill()
    {
        IsDead = true;
        _held.Clear();
    }

    private void Do(Action act)
    {
        if (IsDead) return;
        if (IsFrozen) _held.Enqueue(act);
        else act();
    }
}
