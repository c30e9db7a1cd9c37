using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class HealthCheckTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_that_Redis_is_away_and_since_when_and_that_it_is_back()
    {
        await using var server = await StartAsync(redis.Port);
        (await CheckAsync(server)).Status.ShouldBe(HealthStatus.Healthy);

        await redis.KillAsync();
        await UntilAsync(server, HealthStatus.Degraded);
        (await CheckAsync(server)).Description.ShouldNotBeNull().ShouldMatch(@"^Redis can't be reached since 2030-01-01 00:00:0\dZ \(\d s\): what this node shows is stale\.$");
        await UntilAsync(server, HealthStatus.Unhealthy);
        (await CheckAsync(server)).Description.ShouldNotBeNull().ShouldContain("for other nodes its members have left");

        await redis.StartAsync();
        await UntilAsync(server, HealthStatus.Healthy);
        await Wait.UntilAsync(() => redis.Connection.IsConnected);
        // What is unhealthy is logged as an error.
        server.Errors.Clear();
    }

    [Fact]
    public async Task It_says_that_nothing_comes_over_the_subscriptions()
    {
        await using var proxy = new TcpProxy(redis.Port);
        await using var server = await StartAsync(proxy.Port);
        (await CheckAsync(server)).Status.ShouldBe(HealthStatus.Healthy);

        // It can be answered, and told nothing.
        var subscriptions = (await redis.Connection.GetServers().Single().ClientListAsync()).Where(it => it.ClientType == ClientType.PubSub);
        proxy.Refuse();
        foreach (var client in subscriptions) proxy.Mute(client.Port);
        var node = server.Get<RedisNode>();
        await UntilAsync(server, HealthStatus.Degraded, () => node.SinceRenewal == TimeSpan.Zero);
        (await CheckAsync(server)).Description.ShouldNotBeNull().ShouldStartWith("Redis tells this node nothing since 2030-01-01 00:00:");

        proxy.Forward();
        await UntilAsync(server, HealthStatus.Healthy);
    }

    [Fact]
    public async Task It_says_that_there_is_no_Redis_to_be_checked()
    {
        await using var server = await TestServer.StartAsync(services: it => it.Services.AddHealthChecks().AddMeshRedis());
        var missing = await Should.ThrowAsync<InvalidOperationException>(() => server.Get<HealthCheckService>().CheckHealthAsync(Cancellation));
        missing.Message.ShouldContain("AddMesh().AddRedis(…)");
    }

    private static async Task<HealthReportEntry> CheckAsync(TestServer server) =>
        (await server.Get<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries["redis of rooms"];

    // A second later, and again, as soon as all is done that is due.
    private static async Task UntilAsync(TestServer server, HealthStatus status, Func<bool>? isDone = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while ((await CheckAsync(server)) is var now && now.Status != status)
        {
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Wait.Limit, now.Description);
            server.Time.Advance(Second);
            if (isDone is null) await Task.Delay(20, Cancellation);
            else await Wait.UntilAsync(isDone);
        }
    }

    private static Task<TestServer> StartAsync(int port) => TestServer.StartAsync(
        fakeTime: true,
        services: it => it.Services.AddHealthChecks().AddMeshRedis("redis of rooms", tags: ["ready"]),
        mesh: it => it.AddRedis(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));
}
