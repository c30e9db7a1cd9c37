using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>Listenings of one channel that begin and end at once, or can't be begun again.</summary>
public sealed class SubscriptionTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // So many that threads are interrupted at every point.
    private const int Channels = 100, Rounds = 600;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_can_not_be_followed_for_now_is_said_to_be_missed_at_once_and_when_it_can_be_again()
    {
        await using var server = new RunningRedis();
        await server.StartAsync();
        await using var own = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(server.Address)));
        await using var subscriptions = new RedisSubscriptions(new(() => Task.FromResult<IConnectionMultiplexer>(own)), TimeProvider.System);
        var missed = 0;
        var listening = await subscriptions.ListenAsync("away", static _ => { }, () => Interlocked.Increment(ref missed));
        await server.KillAsync();
        await Wait.UntilAsync(() => !own.IsConnected);
        var again = listening.SubscribeAgainAsync();
        await Wait.UntilAsync(() => missed == 1);
        again.IsCompleted.ShouldBeFalse();
        await server.StartAsync();
        await again.WaitAsync(Wait.Limit, Cancellation);
        missed.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_channel_is_subscribed_to_again_also_after_a_failure_that_nobody_thought_of()
    {
        await using var subscriptions = new RedisSubscriptions(new(() => Task.FromResult(redis.Connection)), TimeProvider.System);
        var missed = 0;
        var listening = await subscriptions.ListenAsync("odd", static _ => { }, () => _ = ++missed == 1 ? throw new InvalidOperationException("odd") : true);
        await listening.SubscribeAgainAsync().WaitAsync(Wait.Limit, Cancellation);
        missed.ShouldBe(3);
    }

    [Fact]
    public async Task Who_listens_while_the_last_listening_ends_hears()
    {
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        var subscriptions = new RedisSubscriptions(connection, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, Channels).Select(it => Task.Run(() => FollowAsync($"turns {it}"), Cancellation)));

        async Task FollowAsync(string channel)
        {
            var name = await connection.ChannelAsync(channel);
            var current = await subscriptions.ListenAsync(channel, static _ => { }, static () => { });
            for (var round = 0; round < Rounds; round++)
            {
                var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var last = current;
                var ending = Task.Run(async () => await last.DisposeAsync(), Cancellation);
                current = await subscriptions.ListenAsync(channel, _ => heard.TrySetResult(), static () => { });
                await ending;
                (await redis.Connection.GetDatabase().PublishAsync(name, "")).ShouldBe(1, $"{channel}, round {round}");
                await heard.Task.WaitAsync(Wait.Limit, Cancellation);
            }
            await current.DisposeAsync();
        }
    }
}
