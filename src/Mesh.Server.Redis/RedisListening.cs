using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Tells a listener what comes on a channel, in order, and when something may have been missed.</summary>
internal sealed class RedisListening(
    IConnectionMultiplexer redis, RedisChannel channel, TimeProvider time, Action<ReadOnlyMemory<byte>> listener, Action missed) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _turn = new(1);
    private ChannelMessageQueue? _messages;
    private volatile bool _disposed;

    public async Task BeginAsync()
    {
        redis.ConnectionRestored += Restored;
        await SubscribeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        redis.ConnectionRestored -= Restored;
        await _turn.WaitAsync();
        try
        {
            _disposed = true;
            if (_messages is not null) await _messages.UnsubscribeAsync(CommandFlags.FireAndForget);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Restored(object? sender, ConnectionFailedEventArgs connection)
    {
        if (connection.ConnectionType == ConnectionType.Subscription) _ = SubscribeAgainAsync();
    }

    // What was told while the connection was away is told to nobody again. Only when Redis has acknowledged the subscription on the
    // new connection is it certain that from then on nothing is missed, and only then it helps to read again.
    private async Task SubscribeAgainAsync()
    {
        while (!_disposed)
        {
            try
            {
                await SubscribeAsync();
                missed();
                return;
            }
            catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
            {
                await Task.Delay(Pause, time);
            }
        }
    }

    private async Task SubscribeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_disposed) return;
            if (_messages is not null) await _messages.UnsubscribeAsync();
            var messages = await redis.GetSubscriber().SubscribeAsync(channel);
            messages.OnMessage(it => listener(it.Message));
            _messages = messages;
        }
        finally
        {
            _turn.Release();
        }
    }
}
