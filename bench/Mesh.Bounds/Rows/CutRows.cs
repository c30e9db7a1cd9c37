namespace Mesh.Bounds;

/// <summary>A node that can't reach Redis, and one that dies while none can.</summary>
internal static class CutRows
{
    // How long Redis is away before the node dies, and after it: at most, and at least 1 s.
    private const double MostAway = 6;

    // Until a node is back that others have found dead.
    private static readonly TimeSpan MostDead = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static Task<IReadOnlyList<Measured>> CutOffAsync(Stages stages) => CutOffAsync(stages, "by resets and refusals", network =>
    {
        network.Refuse();
        network.Drop();
    });

    public static Task<IReadOnlyList<Measured>> CutOffSilentlyAsync(Stages stages) => CutOffAsync(stages, "silently", network => network.BlackHole());

    /// <summary>Refused in one run, in the next killed and started with what it held, in the third stopped.</summary>
    public static async Task<IReadOnlyList<Measured>> DiesWithoutRedisAsync(Stages stages)
    {
        var runs = await stages.RunAsync(DiesWithoutRedisAsync);
        return [Measured.Time("a node is killed while Redis is away: its members leave everywhere, from Redis’s return", Promised.NodeDeadWithoutRedis, 2, [.. runs])];
    }

    private static async Task<IReadOnlyList<Measured>> CutOffAsync(Stages stages, string how, Action<TcpProxy> cut)
    {
        var what = $"a node is cut off from Redis, {how}";
        var runs = await stages.RunAsync(stage => CutOffAsync(stage, cut));
        return
        [
            Measured.Time($"{what}: its members leave on the others", Promised.NodeDead, 2, [.. runs.Select(run => run.Left)]),
            Measured.Time($"{what}: the views on it are stale", Promised.NodeDead, 2, [.. runs.Select(run => run.Stale)]),
            Measured.Nothing($"{what}: somebody is missing in the views on it", 2, runs.Count, runs.Sum(run => run.Missed)),
            Measured.Time($"{what}, and is back: its members are back on the others, with what they said meanwhile", Promised.NodeBack, 2, [.. runs.Select(run => run.Back)]),
            Measured.Time($"{what}, and is back: the views on it are fresh", Promised.NodeBack, 2, [.. runs.Select(run => run.Fresh)]),
            Measured.Time($"{what}, and is back: nobody is missing in the views on it for longer", Promised.NodeBack, 2, [.. runs.Select(run => run.Missing)]),
        ];
    }

    private static async Task<CutOff> CutOffAsync(ClusterStage stage, Action<TcpProxy> cut)
    {
        var victim = await stage.VictimAsync();
        int[] ports = [.. stage.Others(victim).Select(node => node.Server.Port)];
        await using var audience = await Audience.GatherAsync(ports, stage.NewName("cut-off"), ports.Length);
        await using var other = await audience.WelcomeAsync(ports[0], "other");
        RollCall[] rollCalls = [new(), new()];
        await using var one = await audience.WelcomeAsync(victim.Server.Port, "one", rollCalls[0].Take);
        await using var two = await audience.WelcomeAsync(victim.Server.Port, "two", rollCalls[1].Take);
        Viewer[] inside = [one, two];
        await Wait.UntilAsync(() => inside.All(it => it.Presence.IsFresh && it.Presence.Users.Count == 3));
        foreach (var rollCall in rollCalls) rollCall.Expect(["one", "two", "other"]);
        await Stage.PauseAsync();

        using var oneLeft = audience.AwaitLeave(one.ConnectionId, one.UserId);
        using var twoLeft = audience.AwaitLeave(two.ConnectionId, two.UserId);
        var begun = Stopwatch.GetTimestamp();
        cut(victim.Redis);
        var becomingStale = TimeAsync(begun, Promised.NodeDead, () => inside.All(it => !it.Presence.IsFresh));
        var left = await LastAsync(begun, Promised.NodeDead, oneLeft, twoLeft);
        var stale = await becomingStale;
        var mark = stage.NewName("meanwhile");
        var saying = one.PublishAsync(mark);
        await Task.Delay(MostDead * Random.Shared.NextDouble());

        using var oneBack = audience.AwaitPublish(one.UserId, mark);
        using var twoBack = audience.AwaitJoin(two.ConnectionId, two.UserId);
        var missed = rollCalls.Sum(rollCall => rollCall.Missed);
        var healed = Stopwatch.GetTimestamp();
        victim.Redis.Forward();
        stage.BeginAgain(victim);
        var becomingFresh = TimeAsync(healed, Promised.NodeBack, () => inside.All(it => it.Presence.IsFresh));
        var back = await LastAsync(healed, Promised.NodeBack, oneBack, twoBack);
        var fresh = await becomingFresh;
        await saying;
        return new(left, stale, missed, back, fresh, rollCalls.Max(rollCall => rollCall.LongestMissing));
    }

    private static async Task<double> DiesWithoutRedisAsync(ClusterStage stage)
    {
        var victim = await stage.VictimAsync();
        int[] ports = [.. stage.Others(victim).Select(node => node.Server.Port)];
        await using var audience = await Audience.GatherAsync(ports, stage.NewName("dies"), ports.Length);
        await using var session = await Guest.EnterAsync(victim.Server.Port, stage.NewName("guest"), audience);
        await using var plain = await Guest.JoinAsync(victim.Server.Port, stage.NewName("plain"), audience);

        var returnAsync = await GoAwayAsync(stage);
        await Task.Delay(TimeSpan.FromSeconds(1 + (MostAway - 1) * Random.Shared.NextDouble()));
        await victim.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(1 + (MostAway - 1) * Random.Shared.NextDouble()));
        var returning = new Lazy<Task>(returnAsync);
        var left = await Task.WhenAll(
            session.LeaveTimeAsync(Promised.NodeDeadWithoutRedis, () => returning.Value),
            plain.LeaveTimeAsync(Promised.NodeDeadWithoutRedis, () => returning.Value));
        await victim.StartAgainAsync();
        stage.BeginAgain(stage.Nodes);
        return left.Max();
    }

    /// <returns>What brings it back.</returns>
    private static async Task<Func<Task>> GoAwayAsync(ClusterStage stage)
    {
        var redis = stage.Redis;
        switch (stage.Turn % 3)
        {
            case 0:
                foreach (var node in stage.Nodes) node.Redis.Refuse();
                foreach (var node in stage.Nodes) node.Redis.Drop();
                return () =>
                {
                    foreach (var node in stage.Nodes) node.Redis.Forward();
                    return Task.CompletedTask;
                };
            case 1:
                await redis.KeepAsync();
                await redis.KillAsync();
                return async () =>
                {
                    await redis.StartAsync();
                    redis.Forget();
                };
            default:
                await redis.PauseAsync();
                return redis.ContinueAsync;
        }
    }

    private static async Task<double> LastAsync(long since, TimeSpan bound, params Sighting[] sightings) =>
        (await Task.WhenAll(sightings.Select(sighting => sighting.SeenByAllAsync(since, Promised.Patience(bound))))).Max();

    private static async Task<double> TimeAsync(long since, TimeSpan bound, Func<bool> isSo)
    {
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(since) > Promised.Patience(bound)) return double.PositiveInfinity;
            await Task.Delay(Step);
        }
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    /// <summary>Milliseconds, but for how many views missed somebody while the node was cut off.</summary>
    private sealed record CutOff(double Left, double Stale, int Missed, double Back, double Fresh, double Missing);
}
