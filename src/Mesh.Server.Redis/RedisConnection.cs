using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>The connection to Redis, made when it is first needed and once for all.</summary>
internal sealed class RedisConnection(Func<Task<IConnectionMultiplexer>> connect, bool isOwned) : IAsyncDisposable
{
    private const int Retry = 500;

    private readonly Lazy<Task<IConnectionMultiplexer>> _connection = new(connect);

    /// <summary>What lets a node notice soon that Redis is away, and that it is back: commands fail at once, and retries are close together.</summary>
    public static ConfigurationOptions Configure(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(Retry);
        options.KeepAlive = 2;
        options.ConnectTimeout = options.AsyncTimeout = options.SyncTimeout = 2_000;
        return options;
    }

    public Task<IConnectionMultiplexer> ReadyAsync() => _connection.Value;

    public async ValueTask<IDatabase> DatabaseAsync() => (await ReadyAsync()).GetDatabase();

    public async ValueTask<ISubscriber> SubscriberAsync() => (await ReadyAsync()).GetSubscriber();

    public async ValueTask DisposeAsync()
    {
        if (!isOwned || !_connection.IsValueCreated) return;
        await (await _connection.Value).DisposeAsync();
    }
}
