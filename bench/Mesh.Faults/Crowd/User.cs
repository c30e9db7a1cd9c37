using System.Globalization;

namespace Mesh.Faults;

/// <summary>
/// A user, and the truth about them: how many of their tabs are in the room, and which state was acknowledged last. Their tabs act
/// one after the other, so that there is one truth; only publishes of one tab overlap.
/// </summary>
internal sealed class User(string id, string room)
{
    private const int MostStory = 12;

    private readonly Lock _gate = new();
    private readonly List<string> _maybe = [];
    private readonly List<Lingering> _lingering = [];
    private readonly Queue<string> _story = [];
    private string? _acknowledged;
    private string? _doing;
    private int _present;
    private int _marks;

    public string Id => id;

    public string Room => room;

    public List<ITab> Tabs { get; } = [];

    public HashSet<ITab> Joined { get; } = [];

    /// <summary>What is not acknowledged yet; null if nothing is.</summary>
    public string? Doing
    {
        get { lock (_gate) return _doing; }
    }

    /// <summary>What they did last.</summary>
    public string Story
    {
        get { lock (_gate) return string.Join("; ", _story); }
    }

    public int Present
    {
        get { lock (_gate) return _present; }
    }

    public bool HasState
    {
        get { lock (_gate) return _acknowledged is not null; }
    }

    /// <summary>The states of which one is to be shown: the last acknowledged one, or one that may have been published after it.</summary>
    public IReadOnlyList<string?> States
    {
        get { lock (_gate) return [_acknowledged, .. _maybe]; }
    }

    /// <returns>False if something else is going on.</returns>
    public bool TryBegin(string what)
    {
        lock (_gate)
        {
            if (_doing is not null) return false;
            _doing = what;
            return true;
        }
    }

    /// <summary>What it is that is going on.</summary>
    public void Say(string what)
    {
        lock (_gate)
        {
            _doing = what;
            Write(what);
        }
    }

    public void End(int joined = 0)
    {
        lock (_gate)
        {
            _present += joined;
            _doing = null;
            Write("done");
        }
    }

    public State NewState()
    {
        lock (_gate)
        {
            var mark = $"m{++_marks}";
            _maybe.Add(mark);
            Write($"publishes {mark}");
            return new(id, mark);
        }
    }

    /// <summary>Nothing published before it counts any more.</summary>
    public void Acknowledge(State state)
    {
        lock (_gate)
        {
            // A later one may have been acknowledged first, and counts.
            if (_maybe.IndexOf(state.Mark) is var at && at < 0) return;
            _maybe.RemoveRange(0, at + 1);
            _acknowledged = state.Mark;
            Write($"{state.Mark} acknowledged");
        }
    }

    /// <summary>A tab has gone that the server may have to miss first.</summary>
    public void Linger(long until)
    {
        lock (_gate)
        {
            _lingering.Add(new(until, IsOfDead: false));
            Write("unheard");
        }
    }

    /// <summary>A node has died. Who may still have been shown then may have been of it, and be shown until its members leave.</summary>
    public void LingerOfDead(long died, long until) => Extend(it => it.Until >= died, until, isOfDead: true);

    /// <summary>Redis was lost. What is still to leave with a dead node may take as long as where one dies meanwhile.</summary>
    public void LingerWithoutRedis(long lost, long until) => Extend(it => it.IsOfDead && it.Until >= lost, until, isOfDead: true);

    /// <summary>How many of the tabs that are gone may still be shown.</summary>
    public int LingeringAt(long now)
    {
        lock (_gate)
        {
            _lingering.RemoveAll(it => it.Until < now);
            return _lingering.Count;
        }
    }

    private void Extend(Predicate<Lingering> which, long until, bool isOfDead)
    {
        lock (_gate)
            for (var at = 0; at < _lingering.Count; at++)
                if (which(_lingering[at])) _lingering[at] = new(Math.Max(_lingering[at].Until, until), isOfDead);
    }

    private void Write(string what)
    {
        _story.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{Clock.Seconds:0.00} {what}"));
        if (_story.Count > MostStory) _story.Dequeue();
    }

    /// <summary>A tab that is gone, and may still be shown.</summary>
    private readonly record struct Lingering(long Until, bool IsOfDead);
}
