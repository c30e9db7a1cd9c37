namespace Mesh.Testing;

/// <summary>Three nodes on one Redis, behind a load balancer that knows which of them are in service.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private const int Size = 3;

    private readonly TcpProxy _front;

    private Cluster(RunningRedis redis, Node[] nodes)
    {
        (Redis, Nodes) = (redis, nodes);
        // Who is sent where is not of a seed's chance: clients connect when they do.
        _front = new(() => (Nodes.Where(node => node.IsInService).ToArray() is { Length: > 0 } up ? Random.Shared.GetItems(up, 1)[0] : Nodes[0]).Clients.Port);
    }

    public RunningRedis Redis { get; }

    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Where clients connect.</summary>
    public string Url => _front.Url + "/";

    /// <param name="options">Of all nodes, as on the command line.</param>
    public static async Task<Cluster> StartAsync(params string[] options)
    {
        var redis = new RunningRedis();
        await redis.StartAsync();
        return new(redis, await Task.WhenAll(Enumerable.Range(1, Size).Select(number => Node.StartAsync($"node {number}", redis, options))));
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        foreach (var node in Nodes) await node.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
