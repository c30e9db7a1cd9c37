using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mesh.Server;

/// <summary>Adds what Mesh knows of its Redis to an application's health checks.</summary>
public static class MeshRedisHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that is healthy while this node renews its lease and hears over its subscriptions, degraded while rooms are stale or
    /// only read again every few seconds, and of <paramref name="failureStatus"/> once other nodes take this one for dead (8 s). It
    /// sends nothing: it looks at what the node does each second.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="name">The check's name. Default: <c>mesh-redis</c>.</param>
    /// <param name="failureStatus">What a failure is reported as. Default: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">By which checks are chosen. Default: none.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddMeshRedis(this IHealthChecksBuilder builder, string name = "mesh-redis", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Add(new(name, Create, failureStatus, tags));
    }

    private static RedisHealthCheck Create(IServiceProvider services) => services.GetService<RedisNode>() is null
        ? throw new InvalidOperationException("AddMeshRedis checks the Redis of AddMesh().AddRedis(…): add that, too.")
        : ActivatorUtilities.CreateInstance<RedisHealthCheck>(services);
}
