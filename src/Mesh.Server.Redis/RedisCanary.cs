using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Tells this node something over its own subscriptions each second. A lost message that others follow makes a gap; the last one makes
/// none, and a canary that does not come says that it may be lost.
/// </summary>
internal sealed partial class RedisCanary(
    RedisConnection redis, RedisNames names, RedisSubscriptions subscriptions, TimeProvider time, ILogger<RedisCanary> log) : BackgroundService
{
    // So many names are tried for each server of a cluster, until one is that server's.
    private const int Tries = 50;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _node = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 20);
    private readonly long _begunAt = time.GetTimestamp();
    private volatile Canary[] _canaries = [];

    /// <summary>How long ago the last one came that was the longest under way, or they were begun.</summary>
    public TimeSpan SinceHeard => _canaries is { Length: > 0 } some ? some.Max(static it => it.SinceHeard) : time.GetElapsedTime(_begunAt);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(await redis.ReadyAsync());
                }
                catch (Exception away) when (RedisConnection.IsOfRedis(away))
                {
                    // RedisHeartbeat says so.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        foreach (var canary in _canaries) await canary.DisposeAsync();
    }

    private async Task LookAsync(IConnectionMultiplexer connection)
    {
        await subscriptions.FollowAsync();
        await SettleAsync(Channels(connection));
        var late = _canaries.Where(static it => it.IsLate()).ToArray();
        if (late.Length > 0)
        {
            LogLate(log, Canary.Late);
            subscriptions.Suspect(late.Select(it => it.Server));
        }
        foreach (var canary in _canaries) _ = canary.SendAsync();
    }

    private async Task SettleAsync(string[] channels)
    {
        foreach (var canary in _canaries.Where(it => !channels.Contains(it.Channel, StringComparer.Ordinal)))
        {
            _canaries = [.. _canaries.Except([canary])];
            await canary.DisposeAsync();
        }
        foreach (var channel in channels.Except(_canaries.Select(static it => it.Channel), StringComparer.Ordinal))
        {
            var canary = new Canary(redis, channel, time);
            await canary.BeginAsync(subscriptions);
            _canaries = [.. _canaries, canary];
        }
    }

    // One for each server that has subscriptions: in a cluster each first one has those of its slots.
    private string[] Channels(IConnectionMultiplexer connection)
    {
        var first = connection.GetServers().Where(static it => it is { IsConnected: true, IsReplica: false, ServerType: ServerType.Cluster }).ToArray();
        if (first.Length == 0) return [names.Canary(_node, 0)];
        var byServer = new Dictionary<EndPoint, string>();
        for (var part = 0; part < Tries * first.Length && byServer.Count < first.Length; part++)
        {
            var channel = names.Canary(_node, part);
            byServer.TryAdd(connection.GetServer((RedisKey)channel).EndPoint, channel);
        }
        return [.. byServer.Values];
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis told nothing for {Late}: subscriptions are made anew, and all rooms read again.")]
    private static partial void LogLate(ILogger log, TimeSpan late);
}
