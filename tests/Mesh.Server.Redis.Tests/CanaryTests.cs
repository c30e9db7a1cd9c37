using System.Globalization;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Subscriptions that nothing comes over any more, without an end that anybody would see.</summary>
public sealed class CanaryTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // A second until the next canary, two that it may take, one until the next look.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(4);

    // For a machine that has other things to do; the client library alone would need eight seconds to notice.
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(3);

    private readonly string _prefix = $"canary-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_change_is_shown_though_it_was_lost_on_a_connection_that_stays_open(bool isOwn)
    {
        await using var proxy = new TcpProxy(redis.Port);
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{proxy.Port}");
        await using var given = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(address)));
        await using var one = await StartAsync(it => it.AddRedis(redis.Address, Configure));
        await using var two = await StartAsync(it => _ = isOwn ? it.AddRedis(address, Configure) : it.AddRedis(given, Configure));
        await using var plain = await two.ConnectAsync();
        await using var alice = await one.ConnectAsync();
        await plain.SubscribeAsync("r");
        await alice.JoinAsync("r");
        await plain.UntilAsync(() => plain.Events.Count == 1);

        foreach (var client in await redis.Connection.GetServers().Single().ClientListAsync())
            if (client.ClientType == ClientType.PubSub) proxy.Mute(client.Port);
        var lost = TimeProvider.System.GetTimestamp();
        await alice.PublishPlainAsync("r", "1");
        await plain.UntilAsync(() => plain.Events.Count == 2);
        TimeProvider.System.GetElapsedTime(lost).ShouldBeLessThan(Bound + Busy);

        // And what follows.
        await alice.PublishPlainAsync("r", "2");
        await plain.UntilAsync(() => plain.Events.Count == 3);
        await plain.ShouldHaveEventsAsync(Joined("r", alice.Id), State("r", alice.Id, "1"), State("r", alice.Id, "2"));
    }

    private static Task<TestServer> StartAsync(Action<IMeshBuilder> redis) => TestServer.StartAsync(mesh: redis);

    private void Configure(MeshRedisOptions options) => options.Prefix = _prefix;
}
