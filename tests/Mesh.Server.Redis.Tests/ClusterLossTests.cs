using System.Net;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>A server of a Redis Cluster that comes back as it was before, while the others, and among them that of the leases, live.</summary>
public sealed class ClusterLossTests(RedisCluster redis) : IClassFixture<RedisCluster>
{
    private static readonly RedisNames s_names = new(Options.Create(new MeshRedisOptions()));

    [Fact]
    public async Task Who_had_left_leaves_again_and_who_had_come_comes_again()
    {
        var room = Enumerable.Range(0, 100).Select(at => $"room {at}").First(it => !ServerOf(s_names.Room(it)).Equals(ServerOf(s_names.LiveNodes)));
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var leaves = await one.ConnectAsync();
        await leaves.JoinAsync(room);
        await redis.KeepAsync(s_names.Room(room));
        // Nobody of this node is there any more, nor subscribes: nothing makes it look.
        await leaves.CloseAsync();
        await one.UntilGoneAsync(leaves.Id);
        await using var comes = await two.OpenAsync();
        await comes.EnterAsync(room);

        await redis.RestartAsync(s_names.Room(room));
        await Wait.UntilAsync(() => Members(room).SequenceEqual([comes.Id]));
        one.Errors.Clear();
        two.Errors.Clear();
    }

    // As the store has them; nobody while it can't be asked.
    private IEnumerable<string> Members(string room)
    {
        try
        {
            return redis.Connection.GetDatabase().HashKeys(s_names.Room(room)).Select(it => (string)it!).Where(it => it.StartsWith("c:", StringComparison.Ordinal)).Select(it => it[2..]);
        }
        catch (Exception away) when (RedisConnection.IsAway(away))
        {
            return [];
        }
    }

    private EndPoint ServerOf(RedisKey key) => redis.Connection.GetServer(key).EndPoint;

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address));
}
