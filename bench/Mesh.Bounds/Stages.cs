using System.Collections.Concurrent;

namespace Mesh.Bounds;

/// <summary>Several clusters that have nothing to do with each other: runs with faults mostly wait, and do so at the same time.</summary>
internal sealed class Stages : IAsyncDisposable
{
    // So that they don't all start servers at the same time.
    private static readonly TimeSpan MostStagger = TimeSpan.FromSeconds(5);

    private readonly BoundsOptions _options;
    private readonly ClusterStage[] _stages;
    private volatile bool _isEnding;

    private Stages(BoundsOptions options, ClusterStage[] stages) => (_options, _stages) = (options, stages);

    /// <summary>How many runs did not come to their end, so that they have no result.</summary>
    public int Failed { get; private set; }

    public static async Task<Stages> StartAsync(BoundsOptions options) =>
        new(options, await Task.WhenAll(Enumerable.Range(0, options.Stages).Select(_ => ClusterStage.StartAsync())));

    /// <summary>How many receivers the big room has.</summary>
    public int Receivers => _options.Receivers;

    /// <param name="run">One run.</param>
    /// <param name="atATime">On how many of the clusters.</param>
    /// <returns>What each run returned.</returns>
    public async Task<IReadOnlyCollection<T>> RunAsync<T>(Func<ClusterStage, Task<T>> run, int atATime = int.MaxValue)
    {
        ConcurrentBag<T> results = [];
        var left = _options.SlowRuns;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(_stages.Length, atATime)).Select(async index =>
        {
            await Task.Delay(MostStagger * Random.Shared.NextDouble());
            while (Interlocked.Decrement(ref left) >= 0)
            {
                try
                {
                    await _stages[index].NextTurnAsync();
                    results.Add(await run(_stages[index]));
                }
                catch (Exception failure) when (!_isEnding)
                {
                    Console.Error.WriteLine($"A run failed: {failure}");
                    // Nobody knows how it was left.
                    await _stages[index].DisposeAsync();
                    _stages[index] = await ClusterStage.StartAsync();
                }
            }
        }));
        Failed += _options.SlowRuns - results.Count;
        return results.IsEmpty ? throw new InvalidOperationException("No run came to its end.") : results;
    }

    public async ValueTask DisposeAsync()
    {
        // What still runs fails by this, and is not to be begun again.
        _isEnding = true;
        foreach (var stage in _stages) await stage.DisposeAsync();
    }
}
