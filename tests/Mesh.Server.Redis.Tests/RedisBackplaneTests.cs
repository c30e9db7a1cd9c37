using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisBackplaneTests(RedisServer redis) : BackplaneConformance, IClassFixture<RedisServer>
{
    protected override ValueTask<IBackplane> CreateAsync()
    {
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        return new(new RedisBackplane(connection, new(Options.Create(new MeshRedisOptions())), new(connection, TimeProvider.System)));
    }
}
