using System.Text.Json;
using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>One change, as each receiver of an audience comes to see it.</summary>
internal sealed class Sighting(Audience audience, Predicate<JsonElement> inDiff, Predicate<IReadOnlyList<PresenceUser<State>>> inView, int receivers) : IDisposable
{
    private readonly TaskCompletionSource _seenByAll = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool[] _seen = new bool[receivers];
    private readonly Lock _gate = new();
    private int _missing = receivers;
    private long _last;

    public void Show(int receiver, JsonElement diff, long at)
    {
        if (inDiff(diff)) See(receiver, at);
    }

    public void Show(int receiver, IReadOnlyList<PresenceUser<State>> users, long at)
    {
        if (inView(users)) See(receiver, at);
    }

    /// <returns>The milliseconds until the last receiver saw it; infinity if one did not see it in time.</returns>
    public async Task<double> SeenByAllAsync(long since, TimeSpan limit)
    {
        try
        {
            await _seenByAll.Task.WaitAsync(limit);
            return Stopwatch.GetElapsedTime(since, _last).TotalMilliseconds;
        }
        catch (TimeoutException)
        {
            return double.PositiveInfinity;
        }
    }

    public void Dispose() => audience.Forget(this);

    private void See(int receiver, long at)
    {
        lock (_gate)
        {
            if (_seen[receiver]) return;
            _seen[receiver] = true;
            _last = Math.Max(_last, at);
            if (--_missing == 0) _seenByAll.TrySetResult();
        }
    }
}
