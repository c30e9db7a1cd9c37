namespace Mesh.Server;

/// <summary>The tokens that resume a session now: the newest, and until that has proved to have arrived, the one before.</summary>
internal sealed class SessionTokens
{
    private readonly Lock _gate = new();
    private readonly List<string> _valid = [];
    private bool _ended;

    /// <summary>The valid ones, the newest last.</summary>
    public IReadOnlyList<string> Valid
    {
        get { lock (_gate) return [.. _valid]; }
    }

    /// <summary>Adds a token; of the others only <paramref name="presented"/> stays valid. <paramref name="added"/> and <paramref name="removed"/> are told of each.</summary>
    public void Issue(string token, string? presented, Action<string> added, Action<string> removed)
    {
        lock (_gate)
        {
            Keep(it => it == presented, removed);
            // It may have ended while its session was opened: nobody would forget the token then.
            if (_ended) return;
            _valid.Add(token);
            added(token);
        }
    }

    /// <summary>The newest token has arrived: it alone is valid from now on. False if it was alone before.</summary>
    public bool Confirm(Action<string> removed)
    {
        lock (_gate)
        {
            if (_valid.Count < 2) return false;
            Keep(it => it == _valid[^1], removed);
            return true;
        }
    }

    /// <summary>None is valid any more, nor will be.</summary>
    public void End(Action<string> removed)
    {
        lock (_gate)
        {
            _ended = true;
            Keep(_ => false, removed);
        }
    }

    private void Keep(Predicate<string> wanted, Action<string> removed)
    {
        foreach (var token in _valid.Where(it => !wanted(it)).ToList())
        {
            _valid.Remove(token);
            removed(token);
        }
    }
}
