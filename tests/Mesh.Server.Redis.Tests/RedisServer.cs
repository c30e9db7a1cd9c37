using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>A Redis of its own, on a port of its own, that keeps nothing.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly RunningRedis _redis = new();

    public int Port => _redis.Port;

    public string Address => _redis.Address;

    /// <summary>A connection for the tests themselves.</summary>
    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        Connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(Address + ",allowAdmin=true")));
    }

    /// <summary>Starts it, empty, and waits until it takes connections.</summary>
    public Task StartAsync() => _redis.StartAsync();

    /// <summary>Ends it at once; what it held is lost.</summary>
    public Task KillAsync() => _redis.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (Connection is not null) await Connection.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
