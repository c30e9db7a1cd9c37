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
        return new(new RedisBackplane(connection, new(Options.Create(new MeshRedisOptions { Prefix = $"backplane-{Guid.NewGuid():n}" })), new(connection, TimeProvider.System), TimeProvider.System));
    }
}
