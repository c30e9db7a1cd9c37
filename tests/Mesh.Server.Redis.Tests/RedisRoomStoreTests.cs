using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisRoomStoreTests(RedisServer redis) : RoomStoreConformance, IClassFixture<RedisServer>
{
    private static int s_stores;

    // Each with keys of its own.
    protected override async ValueTask<IRoomStore> CreateAsync(int membersPerRoom)
    {
        var names = new RedisNames(Options.Create(new MeshRedisOptions { Prefix = $"test{Interlocked.Increment(ref s_stores)}" }));
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        var node = new RedisNode(connection, names, TimeProvider.System);
        await node.RenewAsync();
        var known = new RedisKnown();
        return new RedisRoomStore(
            connection, names, node, new(connection, TimeProvider.System), known, new(connection, names, known), Options.Create(new MeshOptions { MembersPerRoom = membersPerRoom }));
    }

    protected override async ValueTask<long> NowAsync() =>
        new DateTimeOffset(await redis.Connection.GetServers().Single().TimeAsync(), TimeSpan.Zero).ToUnixTimeMilliseconds();
}
