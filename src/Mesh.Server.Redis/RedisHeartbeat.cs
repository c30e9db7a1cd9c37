using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Renews this node's lease each second, and removes the members of nodes that have not renewed theirs.</summary>
internal sealed partial class RedisHeartbeat(
    RedisNode node, RedisConnection redis, RedisNames names, RoomScripts scripts, IOptions<MeshOptions> options, TimeProvider time, ILogger<RedisHeartbeat> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await node.RetireAsync(options.Value.Grace);
        }
        catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
        {
            // Then the lease ends by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var isAway = false;
        do
        {
            try
            {
                foreach (var dead in await node.RenewAsync()) await RemoveMembersOfAsync(dead);
                isAway = false;
            }
            catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
            {
                if (!isAway)
                {
                    LogAway(log, away);
                    node.GoAway();
                }
                isAway = true;
                // A connection that lost its way is not given up by the client library before long.
                if (away is TimeoutException) redis.DropCommands();
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async ValueTask<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // Any node may do so, also several at once: what one has removed the other does not find.
    private async Task RemoveMembersOfAsync(string dead)
    {
        var database = await redis.DatabaseAsync();
        foreach (var room in await database.SetMembersAsync(names.RoomsOf(dead)))
            await scripts.EvaluateAsync(RedisScripts.Reap, (string)room!, generation: "", [dead], CancellationToken.None);
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis can't be reached: the views of this node are stale.")]
    private static partial void LogAway(ILogger log, Exception failure);
}
