using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mesh.Server;

/// <summary>Whether this node is present in Redis, and hears from it.</summary>
internal sealed class RedisHealthCheck(RedisNode node, RedisCanary canary, TimeProvider time) : IHealthCheck
{
    // What is said each second, and may take two.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(3);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check(context));

    private HealthCheckResult Check(HealthCheckContext context)
    {
        var (renewed, heard) = (node.SinceRenewal, canary.SinceHeard);
        if (!node.IsAlive)
        {
            return new(
                context.Registration.FailureStatus,
                renewed is { } ended
                    ? $"Redis can't be reached since {Ago(ended)}: what this node shows is stale, and for other nodes its members have left."
                    : "Redis was never reached: no room can be entered.");
        }
        if (renewed >= Usual) return HealthCheckResult.Degraded($"Redis can't be reached since {Ago(renewed.Value)}: what this node shows is stale.");
        if (heard >= Usual) return HealthCheckResult.Degraded($"Redis tells this node nothing since {Ago(heard)}: rooms are read again every few seconds.");
        return HealthCheckResult.Healthy();
    }

    private string Ago(TimeSpan since) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow() - since:yyyy-MM-dd HH:mm:ss}Z ({(long)since.TotalSeconds} s)");
}
