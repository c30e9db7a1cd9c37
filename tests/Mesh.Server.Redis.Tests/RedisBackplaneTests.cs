using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisBackplaneTests(RedisServer redis) : RedisBackplaneConformance(redis.Connection), IClassFixture<RedisServer>
{
    [Fact]
    public async Task It_goes_on_trying_also_where_Redis_refuses()
    {
        var server = redis.Connection.GetServers().Single();
        await server.ExecuteAsync("ACL", "SETUSER", "deaf", "on", "nopass", "~*", "resetchannels", "+@all");
        await server.ExecuteAsync("ACL", "LOG", "RESET");
        await using var own = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},user=deaf,password=any");
        await using var backplane = (RedisBackplane)Create(own);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        backplane.Received += _ => heard.TrySetResult();
        await Wait.UntilAsync(() => ((RedisResult[])server.Execute("ACL", "LOG")!).Length > 0);
        await server.ExecuteAsync("ACL", "SETUSER", "deaf", "allchannels");
        await backplane.SendAsync(new(null, new byte[] { 1 }, []), TestContext.Current.CancellationToken);
        await heard.Task.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
    }
}

[Collection(nameof(RedisCluster))]
public sealed class ClusterBackplaneTests(RedisCluster redis) : RedisBackplaneConformance(redis.Connection);

public abstract class RedisBackplaneConformance(IConnectionMultiplexer redis) : BackplaneConformance
{
    protected override ValueTask<IBackplane> CreateAsync() => new(Create(redis));

    protected static IBackplane Create(IConnectionMultiplexer redis)
    {
        var connection = new RedisConnection(() => Task.FromResult(redis));
        var names = new RedisNames(Options.Create(new MeshRedisOptions { Prefix = $"backplane-{Guid.NewGuid():n}" }));
        var subscriptions = new RedisSubscriptions(connection, TimeProvider.System);
        var revocations = new RedisRevocations(connection, names, subscriptions, TimeProvider.System);
        return new RedisBackplane(connection, names, subscriptions, revocations, TimeProvider.System);
    }
}
