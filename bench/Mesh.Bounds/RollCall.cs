using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>Looks in each view of one viewer whether somebody is missing who is there, and for how long.</summary>
internal sealed class RollCall
{
    private readonly Lock _gate = new();
    private string[] _expected = [];
    private long? _missingSince;
    private double _longest;
    private int _missed;

    /// <summary>How many views there were in which somebody was missing.</summary>
    public int Missed
    {
        get { lock (_gate) return _missed; }
    }

    /// <summary>The milliseconds for which somebody was missing at a time, at most; 0 if nobody ever was.</summary>
    public double LongestMissing
    {
        get { lock (_gate) return Math.Max(_longest, MissingNow); }
    }

    private double MissingNow => _missingSince is { } since ? Stopwatch.GetElapsedTime(since).TotalMilliseconds : 0;

    /// <summary>All of these have been seen, and none of them goes.</summary>
    public void Expect(IEnumerable<string> userIds)
    {
        lock (_gate) _expected = [.. userIds];
    }

    public void Take(IReadOnlyList<PresenceUser<State>> users)
    {
        lock (_gate)
        {
            if (_expected.All(expected => users.Any(user => user.Id == expected)))
            {
                _longest = Math.Max(_longest, MissingNow);
                _missingSince = null;
            }
            else
            {
                _missed++;
                _missingSince ??= Stopwatch.GetTimestamp();
            }
        }
    }
}
