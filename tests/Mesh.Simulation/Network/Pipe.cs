namespace Mesh.Simulation;

/// <summary>One way of a connection: what is sent arrives in order, or not at all; while the way is cut it waits.</summary>
/// <param name="timeline">The world's.</param>
/// <param name="receiver">Where it arrives.</param>
/// <param name="isCut">Whether the way is cut now.</param>
/// <param name="latency">How long the next one takes.</param>
internal sealed class Pipe(Timeline timeline, Machine receiver, Func<bool> isCut, Func<TimeSpan> latency)
{
    private readonly Queue<Action> _sent = new();
    private TimeSpan _last;

    // Arrivals that the cut has put off.
    private int _due;
    private int _life;

    public void Send(Action arrive)
    {
        _sent.Enqueue(arrive);
        if (isCut()) _due++;
        else Plan();
    }

    /// <summary>The way is open again.</summary>
    public void Release()
    {
        for (; _due > 0; _due--) Plan();
    }

    /// <summary>Ends what is under way.</summary>
    /// <returns>What has not arrived.</returns>
    public IReadOnlyList<Action> Clear()
    {
        _life++;
        _due = 0;
        Action[] lost = [.. _sent];
        _sent.Clear();
        return lost;
    }

    /// <summary>How long until something sent now would arrive.</summary>
    public TimeSpan UntilNext()
    {
        var now = timeline.Now;
        _last = now + latency() is var due && due > _last ? due : _last;
        return _last - now;
    }

    private void Plan()
    {
        var life = _life;
        receiver.After(UntilNext(), () =>
        {
            if (life != _life) return;
            if (isCut()) _due++;
            else _sent.Dequeue()();
        });
    }
}
