using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// All that this node listens to. Pub/sub is a hint, not a delivery: after each reconnection, and whenever a canary was late, all is
/// subscribed to anew, and the listeners are told that they may have missed something.
/// </summary>
internal sealed class RedisSubscriptions(RedisConnection redis, TimeProvider time)
{
    private readonly ConcurrentDictionary<RedisListening, bool> _listenings = new();
    private int _watches;

    /// <summary>Tells <paramref name="listener"/> what comes on a channel, in order, and <paramref name="missed"/> when something may have been missed.</summary>
    public async Task<RedisListening> ListenAsync(RedisChannel channel, Action<ReadOnlyMemory<byte>> listener, Action missed)
    {
        var connection = await redis.ReadyAsync();
        if (Interlocked.Exchange(ref _watches, 1) == 0) connection.ConnectionRestored += (_, _) => Again();
        var listening = new RedisListening(connection, channel, time, listener, missed, it => _listenings.TryRemove(it, out _));
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

    /// <summary>Gives up the connection of subscriptions to a server: nothing comes over it any more.</summary>
    public void Suspect(EndPoint? server)
    {
        // Not only once there is another: that may take long.
        foreach (var listening in _listenings.Keys) listening.Missed();
        // What is dropped comes back, and then all is subscribed to again.
        if (server is null || !redis.Drop(server, ConnectionType.Subscription)) Again();
    }

    private void Again()
    {
        foreach (var listening in _listenings.Keys) _ = listening.SubscribeAgainAsync();
    }
}
