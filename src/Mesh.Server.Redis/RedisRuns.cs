using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Which run of Redis this node talks to, on each server. It is another after a restart, or where another server has taken over; a script
/// that asked for it each time would take ten times as long.
/// </summary>
internal sealed class RedisRuns(RedisConnection redis) : IDisposable
{
    private readonly ConcurrentDictionary<EndPoint, Run> _byServer = new();
    private IConnectionMultiplexer? _watched;

    /// <summary>That of the server which has the key. Empty while nobody knows, as on a new connection: then a script asks itself.</summary>
    public async ValueTask<string> OfAsync(RedisKey key)
    {
        var connection = await redis.ReadyAsync();
        if (Interlocked.Exchange(ref _watched, connection) is null)
        {
            connection.ConnectionFailed += Forget;
            connection.ConnectionRestored += Forget;
        }
        if (ServerOf(connection, key) is not { } server) return "";
        if (_byServer.TryGetValue(server.EndPoint, out var known)) return known.Id;
        var run = new Run();
        if (_byServer.TryAdd(server.EndPoint, run)) _ = LearnAsync(server, run);
        return "";
    }

    public void Dispose()
    {
        if (_watched is not { } connection) return;
        connection.ConnectionFailed -= Forget;
        connection.ConnectionRestored -= Forget;
    }

    /// <summary>That of a server which is no replica. By a script: the client library itself asks only for who may administer.</summary>
    public static async Task<string> OfAsync(IServer server) => (string)(await server.ExecuteAsync("EVAL", "return redis.call('INFO', 'server'):match('run_id:(%w+)')", 0))!;

    // Where there is none the script does not get through either, and whoever asked is told so.
    private static IServer? ServerOf(IConnectionMultiplexer connection, RedisKey key)
    {
        try
        {
            return connection.IsConnected ? connection.GetServer(key) : null;
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            return null;
        }
    }

    // At the failure, too: scripts get through before it is told that the connection is restored.
    private void Forget(object? sender, ConnectionFailedEventArgs connection)
    {
        if (connection is { ConnectionType: ConnectionType.Interactive, EndPoint: { } server }) _byServer.TryRemove(server, out _);
    }

    private async Task LearnAsync(IServer server, Run run)
    {
        try
        {
            run.Id = await OfAsync(server);
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            _byServer.TryRemove(new(server.EndPoint, run));
        }
    }

    private sealed class Run
    {
        public string Id { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = "";
    }
}
