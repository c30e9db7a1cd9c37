using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisRoomStoreTests(RedisServer redis) : RedisRoomStoreConformance(redis.Connection), IClassFixture<RedisServer>;

[Collection(nameof(RedisCluster))]
public sealed class ClusterRoomStoreTests(RedisCluster redis) : RedisRoomStoreConformance(redis.Connection);

public abstract class RedisRoomStoreConformance(IConnectionMultiplexer redis) : RoomStoreConformance
{
    private static int s_stores;

    // Each with keys of its own.
    protected override async ValueTask<IRoomStore> CreateAsync(int membersPerRoom)
    {
        var names = new RedisNames(Options.Create(new MeshRedisOptions { Prefix = $"test{Interlocked.Increment(ref s_stores)}" }));
        var connection = new RedisConnection(() => Task.FromResult(redis));
        // Nobody renews its lease, which is not to end on a busy machine.
        var node = new RedisNode(connection, names, new FakeTimeProvider());
        await node.RenewAsync();
        var known = new RedisKnown();
        var scripts = new RoomScripts(connection, names, known);
        return new RedisRoomStore(
            connection, names, node, new(connection, TimeProvider.System), known, scripts, new(scripts), Options.Create(new MeshOptions { MembersPerRoom = membersPerRoom }));
    }

    protected override async ValueTask<long> NowAsync() =>
        new DateTimeOffset(await redis.GetServers()[0].TimeAsync(), TimeSpan.Zero).ToUnixTimeMilliseconds();
}
