using System.Collections.Concurrent;
using System.Text.Json;
using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>
/// All who look at a room: one <see cref="Viewer"/>, whose view by user is what an application shows, and as many bare
/// connections as it takes, each of which reads every diff.
/// </summary>
internal sealed class Audience : IAsyncDisposable
{
    private const int AtOnce = 50;

    private readonly ConcurrentDictionary<string, int> _numbers = [];
    private readonly Lock _gate = new();
    private readonly BareConnection[] _bare;
    private volatile Sighting[] _sightings = [];
    private Viewer? _viewer;
    private int _shown;

    private Audience(string room, int size) => (Room, _bare) = (room, new BareConnection[size - 1]);

    public string Room { get; }

    public int Size => _bare.Length + 1;

    /// <summary>How many frames and views it was shown so far, all receivers together.</summary>
    public int Shown => Volatile.Read(ref _shown);

    public static async Task<Audience> GatherAsync(int port, string room, int size)
    {
        var audience = new Audience(room, size);
        await Parallel.ForAsync(0, size - 1, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (receiver, _) =>
        {
            var connection = audience._bare[receiver] = await BareConnection.ConnectAsync(port, (diff, at) => audience.Show(receiver, diff, at));
            await connection.OpenSessionAsync();
            await connection.EnterAsync(room);
        });
        audience._viewer = await Viewer.ConnectAsync(port, "observer");
        audience._viewer.Enter(room, audience.Show);
        await audience._viewer.Presence.Ready.WaitAsync(Patience.Limit);
        return audience;
    }

    public Sighting AwaitPublish(string userId, string mark) =>
        Await(diff => Diff.HasPublished(diff, mark), users => users.Any(user => user.Id == userId && user.State?.Mark == mark));

    public Sighting AwaitJoin(string connectionId, string userId) =>
        Await(diff => Diff.HasJoined(diff, connectionId), users => users.Any(user => user.Id == userId));

    public Sighting AwaitLeave(string connectionId, string userId) =>
        Await(diff => _numbers.TryGetValue(connectionId, out var number) && Diff.HasLeft(diff, number), users => users.All(user => user.Id != userId));

    public void Forget(Sighting sighting)
    {
        lock (_gate) _sightings = [.. _sightings.Where(other => other != sighting)];
    }

    public async ValueTask DisposeAsync()
    {
        if (_viewer is not null) await _viewer.DisposeAsync();
        await Parallel.ForEachAsync(_bare, (connection, _) => connection.DisposeAsync());
    }

    private Sighting Await(Predicate<JsonElement> inDiff, Predicate<IReadOnlyList<PresenceUser<State>>> inView)
    {
        var sighting = new Sighting(this, inDiff, inView, Size);
        lock (_gate) _sightings = [.. _sightings, sighting];
        return sighting;
    }

    private void Show(int receiver, JsonElement diff, long at)
    {
        Interlocked.Increment(ref _shown);
        // Members are named by number when they leave: one receiver remembers them for all.
        if (receiver == 0)
            foreach (var (connectionId, number) in Diff.Joined(diff)) _numbers[connectionId] = number;
        foreach (var sighting in _sightings) sighting.Show(receiver, diff, at);
    }

    private void Show(IReadOnlyList<PresenceUser<State>> users)
    {
        var at = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _shown);
        foreach (var sighting in _sightings) sighting.Show(_bare.Length, users, at);
    }
}
