using System.Collections.Concurrent;

namespace Mesh.Bounds;

/// <summary>Several clusters that have nothing to do with each other: runs with faults mostly wait, and do so at the same time.</summary>
internal sealed class Stages : IAsyncDisposable
{
    // So that they don't all start servers at the same time.
    private static readonly TimeSpan MostStagger = TimeSpan.FromSeconds(5);

    private readonly BoundsOptions _options;
    private readonly Cluster[] _clusters;
    private readonly ClusterStage[] _stages;

    private Stages(BoundsOptions options, Cluster[] clusters) =>
        (_options, _clusters, _stages) = (options, clusters, [.. clusters.Select(cluster => new ClusterStage(cluster))]);

    public static async Task<Stages> StartAsync(BoundsOptions options) =>
        new(options, await Task.WhenAll(Enumerable.Range(0, options.Stages).Select(_ => Cluster.StartAsync())));

    /// <returns>What each run returned.</returns>
    public async Task<IReadOnlyCollection<T>> RunAsync<T>(Func<ClusterStage, Task<T>> run)
    {
        ConcurrentBag<T> results = [];
        var left = _options.SlowRuns;
        await Task.WhenAll(_stages.Select(async stage =>
        {
            await Task.Delay(MostStagger * Random.Shared.NextDouble());
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await stage.NextTurnAsync();
                results.Add(await run(stage));
            }
        }));
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters) await cluster.DisposeAsync();
    }
}
