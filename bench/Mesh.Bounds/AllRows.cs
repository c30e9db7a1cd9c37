namespace Mesh.Bounds;

/// <summary>All rows by their keys, and what they are measured on.</summary>
internal static class AllRows
{
    private static readonly Row<Stage>[] OnAnyServer =
    [
        new("publish", AtOnceRows.PublishAsync),
        new("join-leave", AtOnceRows.JoinAndLeaveAsync),
        new("plain-drop", AtOnceRows.PlainDropAsync),
        new("tab-closed", LeaveRows.TabClosedAsync),
        new("reload", UnseenRows.ReloadAsync),
        new("resumed", UnseenRows.ResumedAsync),
        new("not-back", LeaveRows.NotBackAsync),
        new("silent", LeaveRows.SilentAsync),
    ];

    private static readonly Row<Stage>[] OnOneServer =
    [
        .. OnAnyServer,
        new("views", ViewRows.OutageAsync),
        new("restart", ViewRows.RestartAsync),
    ];

    private static readonly Row<SignInStage>[] WithSignIn = [new("signed-out", RevocationRows.SignedOutAsync)];

    private static readonly Row<Stages>[] OnClusters =
    [
        new("killed", NodeRows.KilledAsync),
        new("killed-before-many", NodeRows.KilledBeforeManyAsync),
        new("shut-down", NodeRows.ShutDownAsync),
        new("cut-off", CutRows.CutOffAsync),
        new("cut-off-silently", CutRows.CutOffSilentlyAsync),
        new("dies-without-redis", CutRows.DiesWithoutRedisAsync),
        new("redis-restarted", RedisRows.RestartedAsync),
        new("redis-flushed", RedisRows.FlushedAsync),
        new("redis-failed-over", RedisRows.FailedOverAsync),
        new("views", ViewRows.NodesAsync),
    ];

    public static IEnumerable<string> Keys(BoundsOptions options) => options.Nodes
        ? [.. OnAnyServer.Select(row => row.Key), .. WithSignIn.Select(row => row.Key), .. OnClusters.Select(row => row.Key)]
        : OnOneServer.Select(row => row.Key);

    public static Task<IReadOnlyList<Measured>> OneNodeAsync(BoundsOptions options, CancellationToken stop) =>
        MeasureAsync(OnOneServer, options, async () => new Stage(options, [await DemoServer.StartAsync()]), stop);

    public static async Task<IReadOnlyList<Measured>> ManyNodesAsync(BoundsOptions options, CancellationToken stop)
    {
        await using var redis = new RunningRedis();
        await redis.StartAsync();
        // Without networks between them, which cost time.
        var undisturbed = await MeasureAsync(OnAnyServer, options, StartThreeAsync, stop);
        var signedOut = await MeasureAsync(WithSignIn, options, () => SignInStage.StartAsync(options), stop);
        return [.. undisturbed, .. signedOut, .. await MeasureAsync(OnClusters, options, () => Stages.StartAsync(options), stop)];

        async Task<Stage> StartThreeAsync() => new(options, await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => DemoServer.StartAsync($"--Mesh:Redis={redis.Address}"))));
    }

    private static async Task<IReadOnlyList<Measured>> MeasureAsync<TStage>(Row<TStage>[] rows, BoundsOptions options, Func<Task<TStage>> startAsync, CancellationToken stop)
        where TStage : IAsyncDisposable
    {
        List<Measured> all = [];
        Row<TStage>[] chosen = [.. rows.Where(row => options.Rows.Count == 0 || options.Rows.Contains(row.Key, StringComparer.Ordinal))];
        if (chosen.Length == 0) return all;
        await using var stage = await startAsync();
        foreach (var row in chosen)
        {
            Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss} Measuring {row.Key}");
            var measured = await row.MeasureAsync(stage).WaitAsync(stop);
            Console.Error.WriteLine(Table.Of(measured));
            all.AddRange(measured);
        }
        if (stage is Stages { Failed: > 0 and var failed }) all.Add(Measured.Failed(failed));
        return all;
    }

    private sealed record Row<TStage>(string Key, Func<TStage, Task<IReadOnlyList<Measured>>> MeasureAsync);
}
