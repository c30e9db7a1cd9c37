using System.Security.Cryptography;

namespace Mesh.Server;

/// <summary>The tokens that resume a session now: the newest, and until that has proved to have arrived, the one before.</summary>
internal sealed class SessionTokens
{
    private readonly Lock _gate = new();
    private readonly List<string> _valid = [];
    private bool _ended;

    /// <summary>A new token; of the others only <paramref name="presented"/> stays valid. <paramref name="added"/> and <paramref name="removed"/> are told of each.</summary>
    public string Issue(string? presented, Action<string> added, Action<string> removed)
    {
        var token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(33)).Replace('+', '-').Replace('/', '_');
        lock (_gate)
        {
            Keep(it => it == presented, removed);
            // It may have ended while its session was opened: nobody would forget the token then.
            if (_ended) return token;
            _valid.Add(token);
            added(token);
        }
        return token;
    }

    /// <summary>The newest token has arrived: it alone is valid from now on.</summary>
    public void Confirm(Action<string> removed)
    {
        lock (_gate)
            if (_valid.Count > 1) Keep(it => it == _valid[^1], removed);
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
