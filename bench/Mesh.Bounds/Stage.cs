namespace Mesh.Bounds;

/// <summary>
/// What most rows share: the demo server, its audiences, and how often a thing is to be measured. Or three servers that share
/// a Redis: members are on the first, or come back on the second, and the audiences are on the last.
/// </summary>
internal sealed class Stage(BoundsOptions options, IReadOnlyList<DemoServer> servers) : IAsyncDisposable
{
    // Before an act: longer and shorter than a flush interval, so that the room is quiet for some, and busy for others.
    private static readonly TimeSpan MostPause = TimeSpan.FromMilliseconds(100);

    // Slow runs begin at different moments of pings and timers.
    private static readonly TimeSpan MostStagger = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, Audience> _audiences = [];
    private int _names;

    /// <summary>Where members connect.</summary>
    public DemoServer Server => servers[0];

    public int Port => Server.Port;

    /// <summary>Where they come back.</summary>
    public int ResumePort => servers[1 % servers.Count].Port;

    /// <summary>The same in words; nothing where it is the same server.</summary>
    public string WhereResumed => servers.Count == 1 ? "" : ", on another node";

    public int SlowRuns => options.SlowRuns;

    /// <summary>A room with nobody but an observer, and the one with all receivers.</summary>
    public IEnumerable<int> Sizes => options.Receivers == 1 ? [1] : [1, options.Receivers];

    private TimeSpan ProcessorTime => servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + server.ProcessorTime);

    public string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    public async Task<Audience> BigAudienceAsync() => await AudienceAsync(options.Receivers);

    public async Task<Audience> AudienceAsync(int size)
    {
        if (!_audiences.TryGetValue(size, out var audience))
            _audiences[size] = audience = await Audience.GatherAsync([servers[^1].Port], $"of-{size}", size);
        return audience;
    }

    /// <summary>Before the server goes away.</summary>
    public async Task SendAudiencesHomeAsync()
    {
        foreach (var audience in _audiences.Values) await audience.DisposeAsync();
        _audiences.Clear();
    }

    public static Task PauseAsync() => Task.Delay(MostPause * Random.Shared.NextDouble());

    /// <summary>Runs one after the other, after pauses of different lengths.</summary>
    /// <returns>The samples of each run, and what a run cost.</returns>
    public async Task<(IReadOnlyList<T> Samples, Cost Cost)> InTurnAsync<T>(Func<Task<T>> run)
    {
        List<T> samples = [];
        var (server, generator) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var i = 0; i < options.Runs; i++)
        {
            await PauseAsync();
            var (serverBefore, generatorBefore) = (ProcessorTime, Environment.CpuUsage.TotalTime);
            samples.Add(await run());
            server += ProcessorTime - serverBefore;
            generator += Environment.CpuUsage.TotalTime - generatorBefore;
        }
        return (samples, new(server / options.Runs, generator / options.Runs));
    }

    /// <summary>Runs that mostly wait: all of them at a time.</summary>
    public async Task<IReadOnlyList<double>> TogetherAsync(Func<Task<double>> run) =>
        await Task.WhenAll(Enumerable.Range(0, SlowRuns).Select(async _ =>
        {
            await Task.Delay(MostStagger * Random.Shared.NextDouble());
            return await run();
        }));

    public async ValueTask DisposeAsync()
    {
        await SendAudiencesHomeAsync();
        foreach (var server in servers) await server.DisposeAsync();
    }
}
