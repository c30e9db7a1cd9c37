using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Renews this node's lease each second, and has the members of those removed that have not renewed theirs.</summary>
internal sealed partial class RedisHeartbeat(
    RedisNode node,
    RedisConnection redis,
    RedisReaping reaping,
    MeshServer mesh,
    IOptions<MeshOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<RedisHeartbeat> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private volatile TaskCompletionSource _woken = new();
    private Task<long>? _told;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Where a host stops all at once, connections are still being closed: others must not take the node for dead before they are.
        await UntilNoneAsync(static it => it.IsOpen, cancellationToken);
        await base.StopAsync(cancellationToken);
        try
        {
            // A goodbye that nobody has answered was part of it.
            var left = options.Value.Grace - (_told is { IsCompletedSuccessfully: true } ? time.GetElapsedTime(await _told) : TimeSpan.Zero);
            await node.RetireAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            // Then the lease ends by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(() => _told = ToldAsync());
        node.Reachable += Wake;
        var (hasBegun, isAway) = (false, false);
        while (!stoppingToken.IsCancellationRequested)
        {
            var woken = _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var next = Task.Delay(Interval, time, stoppingToken);
            try
            {
                reaping.Begin(await node.RenewAsync());
                if (!hasBegun) LogBegun(log, node.Name);
                else if (isAway) LogBack(log);
                (hasBegun, isAway) = (true, false);
            }
            catch (Exception away) when (RedisConnection.IsOfRedis(away))
            {
                if (!isAway)
                {
                    LogAway(log, away);
                    node.GoAway();
                }
                isAway = true;
                // In a cluster it is perhaps another server that can't be reached, and who is dead was found all the same.
                reaping.Begin(node.Found);
                // A connection that lost its way is not given up by the client library before long.
                if (away is TimeoutException) redis.DropAll();
            }
            await Task.WhenAny(next, woken.Task);
        }
        node.Reachable -= Wake;
    }

    // When the last connection was told that the server shuts down, and who resumes elsewhere had the grace to do so.
    private async Task<long> ToldAsync()
    {
        await UntilNoneAsync(static it => it.IsOpen && !it.IsClosing, CancellationToken.None);
        return time.GetTimestamp();
    }

    private async Task UntilNoneAsync(Func<MeshConnection, bool> condition, CancellationToken cancellationToken)
    {
        while (mesh.Connections.Any(condition) && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Tick, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Wake() => _woken.TrySetResult();

    [LoggerMessage(1, LogLevel.Warning, "Redis can't be reached: the views of this node are stale.")]
    private static partial void LogAway(ILogger log, Exception failure);

    [LoggerMessage(2, LogLevel.Information, "Redis is back: the rooms of this node are read again.")]
    private static partial void LogBack(ILogger log);

    [LoggerMessage(3, LogLevel.Information, "This node is {Name} on Redis, and shares its rooms with all others there.")]
    private static partial void LogBegun(ILogger log, string name);
}
