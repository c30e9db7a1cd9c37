using System.Net;
using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>The connection to Redis, made when it is first needed and once for all.</summary>
/// <param name="connect">Makes it.</param>
/// <param name="sockets">Its sockets, if it is Mesh's own; one that an application gave is left alone.</param>
internal sealed class RedisConnection(Func<Task<IConnectionMultiplexer>> connect, RedisSockets? sockets = null) : IAsyncDisposable
{
    private const int Retry = 250;

    public const string NoSentinel = "Redis Sentinel (serviceName) can't be used. Give the address of a Redis, or of the servers of a Redis Cluster, which fails over by itself.";

    private static readonly string[] NotNow = ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOREPLICAS", "MISCONF", "OOM"];

    private static readonly Version s_sharded = new(7, 0);

    private readonly Lazy<Task<IConnectionMultiplexer>> _connection = new(connect);
    private volatile ServerKind _kind;

    private enum ServerKind
    {
        Unknown,
        Alone,
        Cluster,
        Sharded,
    }

    /// <summary>Whether Redis Sentinel is to say where Redis is.</summary>
    public static bool IsBySentinel(ConfigurationOptions options) => !string.IsNullOrEmpty(options.ServiceName);

    /// <summary>One of Mesh's own.</summary>
    public static RedisConnection To(ConfigurationOptions options, TimeProvider time)
    {
        var own = Configure(options.Clone());
        var sockets = new RedisSockets(own.Tunnel, time);
        own.Tunnel = sockets;
        return new(ConnectAsync, sockets);

        async Task<IConnectionMultiplexer> ConnectAsync()
        {
            var connection = await ConnectionMultiplexer.ConnectAsync(own);
            sockets.Attempts.Watch(connection);
            return connection;
        }
    }

    /// <summary>What lets a node notice soon that Redis is away, and that it is back: commands fail at once, and retries are close together.</summary>
    public static ConfigurationOptions Configure(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(Retry);
        options.KeepAlive = 2;
        // An attempt that began while nothing got through has to be over before another can succeed.
        options.ConnectTimeout = 1_000;
        // By this timeouts and retries are looked at.
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        options.AsyncTimeout = options.SyncTimeout = 2_000;
        return options;
    }

    public Task<IConnectionMultiplexer> ReadyAsync() => _connection.Value;

    public async ValueTask<IDatabase> DatabaseAsync() => (await ReadyAsync()).GetDatabase();

    public async ValueTask<ISubscriber> SubscriberAsync() => (await ReadyAsync()).GetSubscriber();

    /// <summary>
    /// A channel. In a cluster what is told on a plain one goes to every server, and on a sharded one (Redis 7) to that of its slot; there a
    /// script can only tell on one of the slot of its keys.
    /// </summary>
    public async ValueTask<RedisChannel> ChannelAsync(string name) => Kind(await ReadyAsync()) switch
    {
        ServerKind.Sharded => RedisChannel.Sharded(name),
        ServerKind.Cluster => RedisChannel.Literal(name).WithKeyRouting(),
        _ => RedisChannel.Literal(name),
    };

    /// <summary>By which command a script tells something on a channel.</summary>
    public async ValueTask<string> PublishCommandAsync() => Kind(await ReadyAsync()) == ServerKind.Sharded ? "SPUBLISH" : "PUBLISH";

    /// <summary>Runs a script.</summary>
    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: Redis can't be reached, or says that it can't do it now.</exception>
    public ValueTask<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        TryAsync(async () => await (await DatabaseAsync()).ScriptEvaluateAsync(script, keys, arguments).WaitAsync(cancellationToken));

    /// <summary>Does something with Redis.</summary>
    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: Redis can't be reached, or says that it can't do it now.</exception>
    public static async ValueTask<T> TryAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (RedisConnectionException away) when (away.CommandStatus == CommandStatus.WaitingToBeSent)
        {
            throw Unsent();
        }
        catch (Exception away) when (IsAway(away))
        {
            throw away as StoreNotAskedException ?? Unavailable();
        }
    }

    /// <summary>The same, of what has no result.</summary>
    public static async ValueTask TryAsync(Func<Task> act) => await TryAsync(async () =>
    {
        await act();
        return true;
    });

    /// <summary>Whether Redis is out of reach: no connection, no answer in time, or one that says that it loads, follows another, or lacks a part.</summary>
    public static bool IsAway(Exception failure) => failure switch
    {
        RedisConnectionException or TimeoutException or ObjectDisposedException or MeshException { Code: ErrorCodes.Unavailable } => true,
        RedisServerException { Message: var message } => IsNotNow(message),
        _ => false,
    };

    /// <summary>
    /// Whether it is Redis, or the client library, that failed: it says by an <see cref="InvalidOperationException"/>, too, that it knows no server
    /// for a key now.
    /// </summary>
    public static bool IsOfRedis(Exception failure) => failure is RedisException or RedisCommandException or InvalidOperationException || IsAway(failure);

    /// <summary>Whether Redis says by an error that it can't do it now.</summary>
    public static bool IsNotNow(string error) => NotNow.Any(it => error.StartsWith(it, StringComparison.Ordinal));

    /// <summary>The same, of what was not even sent.</summary>
    public static MeshException Unsent() => new StoreNotAskedException("Redis can't be reached: try again soon");

    public static MeshException Unavailable() => new(ErrorCodes.Unavailable, "Redis can't be reached: try again soon");

    /// <summary>Ends one connection to a server, so that another is made; false if that is not Mesh's to do.</summary>
    public bool Drop(EndPoint server, ConnectionType type) => sockets?.Drop(server, type) ?? false;

    /// <summary>Ends all connections, so that others are made: where one has lost its way, so have the others, most likely.</summary>
    public void DropAll() => sockets?.Drop();

    // The same for all nodes: it depends on the servers only.
    private ServerKind Kind(IConnectionMultiplexer connection)
    {
        if (_kind is var known and not ServerKind.Unknown) return known;
        IServer[] servers = [.. connection.GetServers().Where(it => it.IsConnected)];
        if (servers.Length == 0) throw Unavailable();
        return _kind = !servers.Any(it => it.ServerType == ServerType.Cluster) ? ServerKind.Alone
            : servers.All(it => it.Version >= s_sharded) ? ServerKind.Sharded
            : ServerKind.Cluster;
    }

    public async ValueTask DisposeAsync()
    {
        if (sockets is null || !_connection.IsValueCreated) return;
        await (await _connection.Value).DisposeAsync();
    }
}
