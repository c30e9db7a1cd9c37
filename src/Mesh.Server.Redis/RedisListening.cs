using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>What <see cref="RedisSubscriptions"/> listens to for one listener.</summary>
internal sealed class RedisListening(
    IConnectionMultiplexer redis, RedisChannel channel, TimeProvider time, Action<ReadOnlyMemory<byte>> listener, Action missed, Action<RedisListening> forget)
    : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _turn = new(1);
    private ChannelMessageQueue? _messages;
    private volatile bool _disposed;

    /// <summary>Tells the listener that something may have been missed.</summary>
    public void Missed()
    {
        if (!_disposed) missed();
    }

    // What was told while the connection was away is told to nobody again. Only when Redis has acknowledged the subscription on the
    // new connection is it certain that from then on nothing is missed, and only then it helps to read again.
    public async Task SubscribeAgainAsync()
    {
        while (!_disposed)
        {
            try
            {
                await SubscribeAsync();
                Missed();
                return;
            }
            catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
            {
                await Task.Delay(Pause, time);
            }
        }
    }

    public async Task SubscribeAsync()
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

    public async ValueTask DisposeAsync()
    {
        forget(this);
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
}
