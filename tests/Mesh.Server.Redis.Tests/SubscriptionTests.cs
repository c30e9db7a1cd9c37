using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>Listenings of one channel that begin and end at once.</summary>
public sealed class SubscriptionTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // So many that threads are interrupted at every point.
    private const int Channels = 100, Rounds = 600;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
