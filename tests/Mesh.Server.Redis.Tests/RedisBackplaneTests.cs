using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisBackplaneTests(RedisServer redis) : RedisBackplaneConformance(redis.Connection), IClassFixture<RedisServer>;

[Collection(nameof(RedisCluster))]
public sealed class ClusterBackplaneTests(RedisCluster redis) : RedisBackplaneConformance(redis.Connection);

public abstract class RedisBackplaneConformance(IConnectionMultiplexer redis) : BackplaneConformance
{
    protected override ValueTask<IBackplane> CreateAsync()
    {
        var connection = new RedisConnection(() => Task.FromResult(redis));
        var names = new RedisNames(Options.Create(new MeshRedisOptions { Prefix = $"backplane-{Guid.NewGuid():n}" }));
        var subscriptions = new RedisSubscriptions(connection, TimeProvider.System);
        var revocations = new RedisRevocations(connection, names, subscriptions, TimeProvider.System);
        return new(new RedisBackplane(connection, names, subscriptions, revocations, TimeProvider.System));
    }
}
