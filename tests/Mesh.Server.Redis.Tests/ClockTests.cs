using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server.Redis.Tests;

/// <summary>Nodes whose clocks are wrong.</summary>
public sealed class ClockTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private readonly string _prefix = $"clocks-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_state_expires_after_the_time_it_was_given_whatever_its_nodes_clock_says(int hoursAhead)
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Services.AddSingleton<TimeProvider>(new WrongClock(TimeSpan.FromHours(hoursAhead))),
            mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var lasting = await server.OpenAsync();
        await using var brief = await server.OpenAsync();
        await lasting.EnterAsync("r", ",\"publish\":{\"state\":1,\"expireAfter\":1800000}");
        await brief.EnterAsync("r", ",\"publish\":{\"state\":2,\"expireAfter\":50}");
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains("\"state\":null", StringComparison.Ordinal)));
        var roster = await server.Mesh.Room("r").ReadAsync(Cancellation);
        roster.Members.Select(it => it.State.ToString()).ShouldBe(["1", "null"]);
    }

    private sealed class WrongClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
