using Microsoft.Extensions.Options;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>A server of a Redis Cluster that dies, and whose replica takes over.</summary>
public sealed class ClusterFailoverTests(RedisCluster redis) : IClassFixture<RedisCluster>
{
    private static readonly RedisNames s_names = new(Options.Create(new MeshRedisOptions()));

    [Fact]
    public async Task Rooms_go_on_at_the_replica()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.ConnectAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        await alice.JoinAsync("r");
        await alice.PublishPlainAsync("r", "1");
        await observer.UntilAsync(() => observer.Events.Count == 2);

        await redis.FailOverAsync(s_names.Room("r"));
        await alice.PublishPlainAsync("r", "2");
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains("\"state\":2,", StringComparison.Ordinal)));
        await alice.PublishPlainAsync("r", "3");
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains("\"state\":3,", StringComparison.Ordinal)));
        // A node may hear of it a moment later than the other.
        foreach (var server in new[] { one, two }) await Wait.UntilAsync(() => Shown(server).SequenceEqual([(alice.Id, "3")]));
        one.Errors.Clear();
        two.Errors.Clear();
    }

    private static IEnumerable<(string, string)> Shown(TestServer server) =>
        server.Mesh.Room("r").ReadAsync().AsTask().Result.Members.Select(it => (it.ConnectionId, it.State.ToString()));

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address));
}
