using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Takes back each minute what this node no longer needs in Redis.</summary>
internal sealed class RedisTidying(RedisNode node, RedisTakings takings, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TidyAsync();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task TidyAsync()
    {
        try
        {
            await node.Rooms.ShrinkAsync();
            await takings.ForgetAsync();
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            // What is left over is looked at again.
        }
    }
}
