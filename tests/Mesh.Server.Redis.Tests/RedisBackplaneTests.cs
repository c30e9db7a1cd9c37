using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisBackplaneTests(RedisServer redis) : BackplaneConformance, IClassFixture<RedisServer>
{
    protected override ValueTask<IBackplane> CreateAsync() =>
        new(new RedisBackplane(new(() => Task.FromResult(redis.Connection), isOwned: false), new(Options.Create(new MeshRedisOptions())), TimeProvider.System));
}
