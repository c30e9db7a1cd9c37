using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// All that this node listens to. Pub/sub is a hint, not a delivery: after each reconnection, and whenever a canary was late, all is
/// subscribed to anew, and the listeners are told that they may have missed something.
/// </summary>
internal sealed partial class RedisSubscriptions(RedisConnection redis, TimeProvider time, ILogger<RedisSubscriptions>? log = null) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _log = log ?? NullLogger<RedisSubscriptions>.Instance;
    private readonly ConcurrentDictionary<RedisListening, bool> _listenings = new();
    // Of one channel, one at a time: a room may be listened to again while the last listening ends.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1))];

    private IConnectionMultiplexer? _watched;
    private volatile TaskCompletionSource _connected = NewSignal();

    /// <summary>Completed when another connection to Redis stands: what could not be listened to may be now.</summary>
    public Task NextConnection => _connected.Task;

    /// <summary>Tells <paramref name="listener"/> what comes on a channel, in order, and <paramref name="missed"/> when something may have been missed.</summary>
    public async Task<RedisListening> ListenAsync(string channel, Action<ReadOnlyMemory<byte>> listener, Action missed)
    {
        var connection = await redis.ReadyAsync();
        if (Interlocked.Exchange(ref _watched, connection) is null) connection.ConnectionRestored += Restored;
        var listening = new RedisListening(this, redis, channel, time, TurnOf(channel), listener, missed);
        _listenings[listening] = true;
        try
        {
            await listening.SubscribeAsync();
            return listening;
        }
        catch
        {
            await listening.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same, as soon as Redis can be reached: an application may begin while it is away.</summary>
    public async Task<RedisListening> ListenSoonAsync(string channel, Action<ReadOnlyMemory<byte>> listener, Action missed, CancellationToken end)
    {
        while (true)
        {
            var connected = NextConnection;
            try
            {
                return await ListenAsync(channel, listener, missed);
            }
            catch (Exception away) when (RedisConnection.IsOfRedis(away))
            {
                await Task.WhenAny(Task.Delay(Pause, time, end), connected);
                end.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>A listening has ended.</summary>
    public void Forget(RedisListening listening) => _listenings.TryRemove(listening, out _);

    /// <summary>What is told on a channel can't be followed, and not since Redis is away.</summary>
    public void Fail(string channel, Exception failure) => LogFailed(_log, channel, failure);

    /// <summary>Gives up the connections of subscriptions to these servers: nothing comes over them any more.</summary>
    public void Suspect(IEnumerable<EndPoint?> servers)
    {
        // Not only once there are others: that may take long.
        foreach (var listening in _listenings.Keys) listening.Missed();
        // What is dropped comes back, and then all is subscribed to again.
        foreach (var server in servers)
            if (server is null || !redis.Drop(server, ConnectionType.Subscription)) Again();
    }

    /// <summary>Subscribes again to what has gone to another server, as when slots move in a cluster.</summary>
    public async ValueTask FollowAsync()
    {
        foreach (var listening in _listenings.Keys)
            if (await listening.HasMovedAsync()) _ = listening.SubscribeAgainAsync();
    }

    /// <summary>Ends all: the connection may be an application's, and go on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watched is { } connection) connection.ConnectionRestored -= Restored;
        await Task.WhenAll(_listenings.Keys.Select(static it => it.DisposeAsync().AsTask()));
    }

    private SemaphoreSlim TurnOf(string channel) => _turns[(uint)string.GetHashCode(channel, StringComparison.Ordinal) % _turns.Length];

    private void Restored(object? sender, ConnectionFailedEventArgs connection)
    {
        Interlocked.Exchange(ref _connected, NewSignal()).TrySetResult();
        Again();
    }

    [LoggerMessage(1, LogLevel.Error, "What Redis tells on {Channel} can't be followed.")]
    private static partial void LogFailed(ILogger log, string channel, Exception failure);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Again()
    {
        foreach (var listening in _listenings.Keys) _ = listening.SubscribeAgainAsync();
    }
}
