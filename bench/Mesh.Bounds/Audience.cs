using System.Collections.Concurrent;
using System.Text.Json;
using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>
/// All who look at a room: a <see cref="Viewer"/> at each server, whose view by user is what an application shows, and as many
/// bare connections as it takes, each of which reads every diff.
/// </summary>
internal sealed class Audience : IAsyncDisposable
{
    private const int AtOnce = 50;

    private readonly ConcurrentDictionary<string, int> _numbers = [];
    private readonly Lock _gate = new();
    private readonly BareConnection[] _bare;
    private readonly Viewer[] _viewers;
    private volatile Sighting[] _sightings = [];
    private int _shown;

    private Audience(string room, int size, int viewers) => (Room, _bare, _viewers) = (room, new BareConnection[size - viewers], new Viewer[viewers]);

    public string Room { get; }

    public int Size => _bare.Length + _viewers.Length;

    /// <summary>How many frames and views it was shown so far, all receivers together.</summary>
    public int Shown => Volatile.Read(ref _shown);

    /// <param name="ports">Where they connect.</param>
    /// <param name="room">Where they are.</param>
    /// <param name="size">How many they are, at least one for each port.</param>
    public static async Task<Audience> GatherAsync(IReadOnlyList<int> ports, string room, int size)
    {
        var audience = new Audience(room, size, ports.Count);
        await Parallel.ForAsync(0, audience._bare.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (receiver, _) =>
        {
            var connection = audience._bare[receiver] = await BareConnection.ConnectAsync(ports[receiver % ports.Count], (diff, at) => audience.Show(receiver, diff, at));
            await connection.OpenSessionAsync();
            await connection.EnterAsync(room);
        });
        for (var index = 0; index < ports.Count; index++)
        {
            var receiver = audience._bare.Length + index;
            var viewer = audience._viewers[index] = await Viewer.ConnectAsync(ports[index], "observer");
            viewer.Enter(room, users => audience.Show(receiver, users));
            await viewer.Presence.Ready.WaitAsync(Patience.Limit);
        }
        return audience;
    }

    /// <summary>Lets a user of Mesh.Client in, with a state, and waits until all have seen it.</summary>
    /// <param name="port">Where it connects.</param>
    /// <param name="userId">Who it is.</param>
    /// <param name="onUpdate">Gets what it sees itself.</param>
    public async Task<Viewer> WelcomeAsync(int port, string userId, Action<IReadOnlyList<PresenceUser<State>>>? onUpdate = null)
    {
        var member = await Viewer.ConnectAsync(port, userId);
        // The last that is seen of it: the join may come before the state.
        using var published = AwaitPublish(userId, userId);
        member.Enter(Room, onUpdate);
        await member.PublishAsync(userId);
        await published.SeenByAllAsync(0, Patience.Limit);
        return member;
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
        foreach (var viewer in _viewers) await viewer.DisposeAsync();
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

    private void Show(int receiver, IReadOnlyList<PresenceUser<State>> users)
    {
        var at = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _shown);
        foreach (var sighting in _sightings) sighting.Show(receiver, users, at);
    }
}
