namespace Mesh.Bounds;

/// <summary>A cluster on which one run after the other is made, each with another node as its victim.</summary>
internal sealed class ClusterStage(Cluster cluster) : IAsyncDisposable
{
    // A node judges others once it has renewed its own lease without a break for as long as one lasts.
    private static readonly TimeSpan Judging = TimeSpan.FromSeconds(9);

    // Runs begin at different moments of heartbeats.
    private static readonly TimeSpan MostPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Node, long> _steadySince = cluster.Nodes.ToDictionary(node => node, _ => Stopwatch.GetTimestamp());
    private int _names;

    public IReadOnlyList<Node> Nodes => cluster.Nodes;

    public RunningRedis Redis => cluster.Redis;

    /// <summary>How many runs there were, this one too.</summary>
    public int Turn { get; private set; }

    public static async Task<ClusterStage> StartAsync() => new(await Cluster.StartAsync());

    public string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    public async Task NextTurnAsync()
    {
        Turn++;
        await Task.Delay(MostPause * Random.Shared.NextDouble());
    }

    /// <summary>The node of this turn, once another one has been there for long enough to judge it.</summary>
    public async Task<Node> VictimAsync()
    {
        var victim = Nodes[Turn % Nodes.Count];
        await Wait.UntilAsync(() => Nodes.Any(node => node != victim && Stopwatch.GetElapsedTime(_steadySince[node]) > Judging));
        return victim;
    }

    public IReadOnlyList<Node> Others(Node victim) => [.. Nodes.Where(node => node != victim)];

    /// <summary>They have just started, or have Redis again.</summary>
    public void BeginAgain(params IEnumerable<Node> nodes)
    {
        foreach (var node in nodes) _steadySince[node] = Stopwatch.GetTimestamp();
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}
