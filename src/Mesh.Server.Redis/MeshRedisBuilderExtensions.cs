using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Puts Redis behind Mesh, so that an application may run on many nodes.</summary>
public static class MeshRedisBuilderExtensions
{
    /// <summary>Keeps rooms in Redis, and sends broadcasts over it.</summary>
    /// <param name="builder">What <c>AddMesh</c> returned.</param>
    /// <param name="configuration">Where Redis is, as StackExchange.Redis writes it: <c>localhost:6379</c>.</param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">The configuration is none, or one of Redis Sentinel.</exception>
    public static IMeshBuilder AddRedis(this IMeshBuilder builder, string configuration, Action<MeshRedisOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        var parsed = ConfigurationOptions.Parse(configuration);
        if (RedisConnection.IsBySentinel(parsed)) throw new ArgumentException(RedisConnection.NoSentinel, nameof(configuration));
        return builder.AddRedis(time => RedisConnection.To(parsed, time), configure);
    }

    /// <summary>
    /// The same over a connection that the application has already, and keeps. One that is silent is not ended by Mesh, but only when
    /// the connection itself notices; until then rooms are read again every few seconds.
    /// </summary>
    /// <param name="builder">What <c>AddMesh</c> returned.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="configure">Sets options.</param>
    public static IMeshBuilder AddRedis(this IMeshBuilder builder, IConnectionMultiplexer connection, Action<MeshRedisOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return builder.AddRedis(_ => new RedisConnection(() => Task.FromResult(connection)), configure);
    }

    private static IMeshBuilder AddRedis(this IMeshBuilder builder, Func<TimeProvider, RedisConnection> connection, Action<MeshRedisOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<MeshRedisOptions>().Configure(configure ?? (static _ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshRedisOptions>, MeshRedisOptionsValidator>());
        services.AddSingleton(it => connection(it.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RedisNames>();
        services.AddSingleton<RedisSubscriptions>();
        services.AddSingleton<RedisKnown>();
        services.AddSingleton<RoomScripts>();
        services.AddSingleton<RoomChanges>();
        services.AddSingleton<RedisCanary>();
        services.AddSingleton<RedisNode>();
        services.AddSingleton<RedisTakings>();
        services.AddSingleton<IRoomStore, RedisRoomStore>();
        services.AddSingleton<RedisRevocations>();
        services.AddSingleton<RedisBackplane>();
        services.AddSingleton<IBackplane>(it => it.GetRequiredService<RedisBackplane>());
        services.AddSingleton<ISessionStore, RedisSessionStore>();
        services.AddHostedService<RedisStart>();
        services.AddSingleton<RedisReaping>();
        services.AddHostedService<RedisHeartbeat>();
        services.AddHostedService(it => it.GetRequiredService<RedisCanary>());
        services.AddHostedService<RedisTidying>();
        return builder;
    }
}
