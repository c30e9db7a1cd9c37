namespace Mesh.Bounds;

/// <summary>Redis has lost all that it knew, or the last of it: every view is right again, and nobody is lost.</summary>
internal static class RedisRows
{
    // On each node.
    private const int Users = 4;

    // Longer than a lease: whoever is taken for dead by mistake leaves then.
    private static readonly TimeSpan ForGood = TimeSpan.FromSeconds(10);

    // How long Redis is away.
    private static readonly TimeSpan MostAway = TimeSpan.FromSeconds(5);

    // How far what takes over is behind.
    private static readonly TimeSpan MostBehind = TimeSpan.FromSeconds(1);

    public static Task<IReadOnlyList<Measured>> RestartedAsync(Stages stages) =>
        LoseAsync(stages, "Redis is killed, and starts empty", RestartAsync);

    public static Task<IReadOnlyList<Measured>> FlushedAsync(Stages stages) =>
        LoseAsync(stages, "Redis is emptied (FLUSHALL)", FlushAsync);

    public static Task<IReadOnlyList<Measured>> FailedOverAsync(Stages stages) =>
        LoseAsync(stages, "Redis is killed, and starts with an older dump", FailOverAsync);

    private static async Task<IReadOnlyList<Measured>> LoseAsync(Stages stages, string what, Func<ClusterStage, Crowd, Task<long>> loseAsync)
    {
        var runs = await stages.RunAsync(stage => RunAsync(stage, loseAsync));
        var receivers = runs.First().Receivers;
        return
        [
            Measured.Time($"{what}: all views are right, from its return", Promised.RedisBack, receivers, [.. runs.Select(run => run.Right)]),
            Measured.Time($"{what}: nobody is missing in any view for longer", Promised.RedisBack, receivers, [.. runs.Select(run => run.Missing)]),
        ];
    }

    private static async Task<(int Receivers, double Right, double Missing)> RunAsync(ClusterStage stage, Func<ClusterStage, Crowd, Task<long>> loseAsync)
    {
        await using var crowd = await Crowd.GatherAsync(stage.NewName("crowd"), stage.Nodes.SelectMany(node => Enumerable.Repeat(node.Server.Port, Users)));
        var returned = await loseAsync(stage, crowd);
        var right = await crowd.RightSinceAsync(Task.CompletedTask, ForGood);
        stage.BeginAgain(stage.Nodes);
        var milliseconds = Crowd.Milliseconds(returned, right);
        if (milliseconds > Promised.RedisBack.TotalMilliseconds) Console.Error.WriteLine($"Right after {milliseconds:0} ms; the last to come right: {crowd.LastDifference}");
        return (crowd.Size, milliseconds, crowd.LongestMissing);
    }

    /// <returns>When it was back.</returns>
    private static async Task<long> RestartAsync(ClusterStage stage, Crowd crowd)
    {
        await stage.Redis.KillAsync();
        // Acknowledged once it is back.
        var saying = SayInOtherRunsAsync(stage, crowd);
        await Task.Delay(MostAway * Random.Shared.NextDouble());
        await stage.Redis.StartAsync();
        var returned = Stopwatch.GetTimestamp();
        await saying;
        return returned;
    }

    private static async Task<long> FlushAsync(ClusterStage stage, Crowd crowd)
    {
        await stage.Redis.EmptyAsync();
        var returned = Stopwatch.GetTimestamp();
        await SayInOtherRunsAsync(stage, crowd);
        return returned;
    }

    /// <summary>What the dump does not know: one has gone, one has come, and some have said something.</summary>
    private static async Task<long> FailOverAsync(ClusterStage stage, Crowd crowd)
    {
        await stage.Redis.KeepAsync();
        await crowd.LeaveAsync();
        await crowd.JoinAsync(stage.Nodes[stage.Turn % stage.Nodes.Count].Server.Port, "late");
        await SayAsync(stage, crowd);
        await Task.Delay(MostBehind * Random.Shared.NextDouble());
        var returned = await RestartAsync(stage, crowd);
        stage.Redis.Forget();
        return returned;
    }

    // In every other run nobody says anything by which a node could notice that Redis has lost something.
    private static Task SayInOtherRunsAsync(ClusterStage stage, Crowd crowd) => stage.Turn % 2 == 0 ? SayAsync(stage, crowd) : Task.CompletedTask;

    private static Task SayAsync(ClusterStage stage, Crowd crowd) => crowd.PublishAsync(index => index % 3 == stage.Turn % 3);
}
