namespace Mesh.Bounds;

/// <summary>Users in a room, each of whom publishes and looks at all the others; and what all of them should see.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    /// <summary>Long enough for anything that would still come to have come, where nothing is wrong with nodes and Redis.</summary>
    public static readonly TimeSpan ForGood = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly Dictionary<string, string> _truth = new(StringComparer.Ordinal);
    private readonly List<Viewer> _users = [];
    private readonly List<RollCall> _rollCalls = [];
    private readonly string _room;
    private int _marks;

    private Crowd(string room) => _room = room;

    public int Size => _users.Count;

    /// <summary>The milliseconds for which somebody who was there all the time was missing in a view, at most.</summary>
    public double LongestMissing => _rollCalls.Max(rollCall => rollCall.LongestMissing);

    /// <summary>What was wrong in a view last, for those who look for the cause.</summary>
    public string LastDifference { get; private set; } = "";

    /// <param name="room">The room.</param>
    /// <param name="ports">Where each of them connects: the server's port, or a proxy's.</param>
    public static async Task<Crowd> GatherAsync(string room, IEnumerable<int> ports)
    {
        var crowd = new Crowd(room);
        crowd.Enter(await Task.WhenAll(ports.Select((port, index) => Viewer.ConnectAsync(port, $"user-{index}"))));
        await crowd.PublishAsync(_ => true);
        await Wait.UntilAsync(crowd.IsRight);
        crowd.ExpectAll();
        return crowd;
    }

    /// <summary>One more, who is not missed yet.</summary>
    public async Task JoinAsync(int port, string userId)
    {
        var user = await Viewer.ConnectAsync(port, userId);
        Enter(user);
        await PublishAsync(user);
    }

    /// <summary>One less.</summary>
    public async Task LeaveAsync()
    {
        var user = _users[^1];
        _users.Remove(user);
        _truth.Remove(user.UserId);
        ExpectAll();
        await user.DisposeAsync();
    }

    /// <summary>New states of some of them, which are true from now on.</summary>
    /// <returns>Completed when the server has acknowledged all of them.</returns>
    public Task PublishAsync(Predicate<int> who) =>
        Task.WhenAll(_users.Where((_, index) => who(index)).Select(PublishAsync));

    /// <summary>Waits until users whose connection is gone have a new one.</summary>
    /// <param name="who">Whose is gone.</param>
    /// <param name="connections">How many each of them had before.</param>
    /// <returns>When the last of them had it.</returns>
    public async Task<long> AllBackAsync(Predicate<int> who, int connections)
    {
        var gone = _users.Where((_, index) => who(index)).ToList();
        await Wait.UntilAsync(() => gone.All(user => user.Connections > connections));
        return gone.Max(user => user.OnlineAt);
    }

    /// <summary>Looks at all views until they are the truth for good.</summary>
    /// <param name="back">Completed when all connections stand again.</param>
    /// <param name="forGood">How long they have to be for that.</param>
    /// <returns>Since when they are.</returns>
    public async Task<long> RightSinceAsync(Task back, TimeSpan forGood)
    {
        long? since = null;
        var started = Stopwatch.GetTimestamp();
        while (since is null || !back.IsCompleted || Stopwatch.GetElapsedTime(since.Value) < forGood)
        {
            if (Stopwatch.GetElapsedTime(started) > 2 * Patience.Limit) return long.MaxValue;
            if (Difference() is { } difference) (since, LastDifference) = (null, difference);
            else since ??= Stopwatch.GetTimestamp();
            await Task.Delay(Step);
        }
        return since.Value;
    }

    /// <returns>From then until views were right: they may be a moment before the last client says that it is back.</returns>
    public static double Milliseconds(long from, long right) =>
        right == long.MaxValue ? double.PositiveInfinity : Math.Max(0, Stopwatch.GetElapsedTime(from, right).TotalMilliseconds);

    public async ValueTask DisposeAsync()
    {
        foreach (var user in _users) await user.DisposeAsync();
    }

    private void Enter(params Viewer[] users)
    {
        foreach (var user in users)
        {
            var rollCall = new RollCall();
            user.Enter(_room, rollCall.Take);
            _users.Add(user);
            _rollCalls.Add(rollCall);
        }
    }

    private void ExpectAll()
    {
        foreach (var rollCall in _rollCalls) rollCall.Expect(_truth.Keys);
    }

    private Task PublishAsync(Viewer user) => user.PublishAsync(_truth[user.UserId] = $"{++_marks}");

    private bool IsRight() => Difference() is null;

    // Fresh, the same users in the same order, and the last that each of them said.
    private string? Difference()
    {
        var first = _users[0].Presence.Users;
        foreach (var user in _users)
        {
            var (presence, users) = (user.Presence, user.Presence.Users);
            if (!presence.IsFresh) return $"{user.UserId} has a stale view";
            if (_truth.Keys.FirstOrDefault(id => users.All(it => it.Id != id)) is { } missing) return $"{user.UserId} does not see {missing}";
            foreach (var seen in users)
            {
                if (!_truth.TryGetValue(seen.Id, out var said)) return $"{user.UserId} sees {seen.Id}, who is gone";
                if (seen.State?.Mark != said) return $"{user.UserId} sees {seen.Id} say {seen.State?.Mark} and not {said}";
                if (seen.TabCount != 1) return $"{user.UserId} sees {seen.Id} in {seen.TabCount} tabs";
            }
            if (!users.SequenceEqual(first)) return $"{user.UserId} sees another order than {_users[0].UserId}";
        }
        return null;
    }
}
