using System.Net;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>What <see cref="RedisSubscriptions"/> listens to for one listener.</summary>
internal sealed class RedisListening(
    RedisSubscriptions owner, RedisConnection redis, string channel, TimeProvider time, SemaphoreSlim turn, Action<ReadOnlyMemory<byte>> listener, Action missed)
    : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private ChannelMessageQueue? _messages;
    private volatile bool _disposed;
    private int _due;

    /// <summary>Where it was subscribed to last.</summary>
    public EndPoint? Server { get; private set; }

    /// <summary>Whether it is subscribed to there no longer, as when its slot has moved, or another server is the first.</summary>
    public async ValueTask<bool> HasMovedAsync() =>
        !_disposed && Server is { } then && !then.Equals((await redis.SubscriberAsync()).SubscribedEndpoint(await redis.ChannelAsync(channel)));

    /// <summary>Tells the listener that something may have been missed.</summary>
    public void Missed()
    {
        if (!_disposed) missed();
    }

    // What was told while the connection was away is told to nobody again. Only when Redis has acknowledged the subscription on the
    // new connection is it certain that from then on nothing is missed, and only then it helps to read again.
    public async Task SubscribeAgainAsync()
    {
        if (Interlocked.Increment(ref _due) > 1) return;
        for (var isFirst = true; !_disposed; isFirst = false)
        {
            var connected = owner.NextConnection;
            try
            {
                var due = Volatile.Read(ref _due);
                await SubscribeAsync();
                Missed();
                if (Interlocked.Add(ref _due, -due) == 0) return;
            }
            catch (Exception failure)
            {
                if (isFirst) Fail(failure);
                await Task.WhenAny(Task.Delay(Pause, time), connected);
            }
        }
    }

    // Until it is subscribed to again nothing comes: whoever finds out that what they have can't be read either says that it is stale.
    private void Fail(Exception failure)
    {
        if (!RedisConnection.IsAway(failure)) owner.Fail(channel, failure);
        Missed();
    }

    public async Task SubscribeAsync()
    {
        await turn.WaitAsync();
        try
        {
            if (_disposed) return;
            var (name, subscriber) = (await redis.ChannelAsync(channel), await redis.SubscriberAsync());
            // Both at once, so that next to nothing can be told in between.
            var ending = _messages?.UnsubscribeAsync() ?? Task.CompletedTask;
            var beginning = subscriber.SubscribeAsync(name);
            _messages = await beginning;
            _messages.OnMessage(it => listener(it.Message));
            await ending;
            // Where nothing can be reached it succeeds, too, and will be made up for; but then nothing comes.
            Server = subscriber.SubscribedEndpoint(name) ?? throw RedisConnection.Unavailable();
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        owner.Forget(this);
        _disposed = true;
        await turn.WaitAsync();
        try
        {
            if (_messages is not null) await _messages.UnsubscribeAsync(CommandFlags.FireAndForget);
        }
        finally
        {
            turn.Release();
        }
    }
}
