using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Attempts to connect to a server again. One that began while nothing got through is never answered, and the client library begins no
/// other for two seconds: it is ended here, long before.
/// </summary>
internal sealed class RedisAttempts(TimeProvider time)
{
    // So many turns one has, or four times as many as the last one needed that was answered.
    private const int Turns = 5;

    // After so many in vain, one has twice as many turns: a server that is only slow is to be reached, too.
    private const int Many = 20;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(EndPoint Server, ConnectionType Type), Socket> _underway = new();
    private int _needed;
    private int _inVain;
    private volatile bool _isWatching;

    /// <summary>From now on: of the first attempts nobody has said yet how long they take.</summary>
    public void Watch(IConnectionMultiplexer connection)
    {
        connection.ConnectionRestored += Answered;
        _isWatching = true;
    }

    /// <summary>One has begun: the socket is connected, and nothing has been said yet.</summary>
    public void Begin(EndPoint server, ConnectionType type, Socket socket)
    {
        if (!_isWatching) return;
        _underway[(server, type)] = socket;
        _ = WatchAsync((server, type), socket);
    }

    private void Answered(object? sender, ConnectionFailedEventArgs it) => _underway.TryRemove((it.EndPoint!, it.ConnectionType), out _);

    private async Task WatchAsync((EndPoint, ConnectionType) which, Socket socket)
    {
        var turns = Math.Max(Turns, 4 * Volatile.Read(ref _needed)) * (Volatile.Read(ref _inVain) < Many ? 1 : 2);
        // By turns, not by the clock: a node that gets no time can't hear what it is answered.
        for (var turn = 1; turn <= turns; turn++)
        {
            await Task.Delay(Turn, time);
            if (_underway.TryGetValue(which, out var present) && present == socket) continue;
            if (present is null) (_needed, _inVain) = (turn, 0);
            return;
        }
        Interlocked.Increment(ref _inVain);
        RedisSockets.End(socket);
    }
}
