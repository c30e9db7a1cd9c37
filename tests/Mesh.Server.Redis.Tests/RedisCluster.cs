using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>A Redis Cluster of three servers, each with a third of the slots.</summary>
public sealed class RedisCluster : IAsyncLifetime
{
    private const int Slots = 16384;

    private readonly (RunningRedis Redis, int Bus)[] _servers = [Server(), Server(), Server()];
    private readonly List<RunningRedis> _replicas = [];

    public string Address => string.Join(',', _servers.Select(it => it.Redis.Address));

    /// <summary>A connection for the tests themselves.</summary>
    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(_servers.Select(it => it.Redis.StartAsync()));
        await MeetAsync();
        Connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(Address + ",allowAdmin=true")));
    }

    /// <summary>Gives a key and all of its slot to another server, as when a cluster gets more of them.</summary>
    public async Task MoveAsync(RedisKey key)
    {
        var slot = Connection.GetHashSlot(key);
        var from = Connection.GetServer(key);
        var to = Connection.GetServers().First(it => !it.EndPoint.Equals(from.EndPoint));
        var (fromId, toId) = ((string)(await from.ExecuteAsync("CLUSTER", "MYID"))!, (string)(await to.ExecuteAsync("CLUSTER", "MYID"))!);
        await to.ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
        await from.ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
        var port = ((IPEndPoint)to.EndPoint).Port;
        foreach (var moving in (string[])(await from.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 100))!)
            await from.ExecuteAsync("MIGRATE", "127.0.0.1", port, moving, 0, 1_000);
        await to.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", toId);
        await from.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", toId);
    }

    /// <summary>The server that has a key keeps what it holds now for when it is restarted.</summary>
    public Task KeepAsync(RedisKey key) => ServerOf(key).KeepAsync();

    /// <summary>Ends the server that has a key at once, and starts it with what it was told to keep.</summary>
    public async Task RestartAsync(RedisKey key)
    {
        var server = ServerOf(key);
        await server.KillAsync();
        await server.StartAsync();
    }

    /// <summary>Adds a replica to the server that has a key, and then kills that server: the replica takes over after a while.</summary>
    public async Task FailOverAsync(RedisKey key)
    {
        var first = ServerOf(key);
        var (replica, bus) = Server();
        _replicas.Add(replica);
        await replica.StartAsync();
        var id = await TellAsync(first, "MYID");
        await TellAsync(first, "MEET", "127.0.0.1", replica.Port, bus);
        while (!(await TellAsync(replica, "NODES")).Contains(id, StringComparison.Ordinal)) await Task.Delay(10);
        // It asks the others for their votes, later.
        while ((await TellAsync(replica, "NODES")).Split('\n').Count(it => it.Contains("master", StringComparison.Ordinal) && it.Contains(" connected", StringComparison.Ordinal) && !it.Contains("myself", StringComparison.Ordinal)) < _servers.Length) await Task.Delay(10);
        await TellAsync(replica, "REPLICATE", id);
        foreach (var (redis, _) in _servers)
            while (!(await TellAsync(redis, "NODES")).Contains($"slave {id}", StringComparison.Ordinal)) await Task.Delay(10);
        await using (var connection = await ConnectionMultiplexer.ConnectAsync(replica.Address + ",allowAdmin=true"))
            while (!(await connection.GetServer(replica.Address).InfoRawAsync("replication"))!.Contains("master_link_status:up", StringComparison.Ordinal)) await Task.Delay(10);
        await first.KillAsync();
    }

    private RunningRedis ServerOf(RedisKey key)
    {
        var port = ((IPEndPoint)Connection.GetServer(key).EndPoint).Port;
        return _servers.Single(it => it.Redis.Port == port).Redis;
    }

    public async ValueTask DisposeAsync()
    {
        if (Connection is not null) await Connection.DisposeAsync();
        foreach (var redis in _servers.Select(it => it.Redis).Concat(_replicas)) await redis.DisposeAsync();
    }

    private static (RunningRedis Redis, int Bus) Server()
    {
        var bus = FreePort.Next();
        return (new("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0", "--cluster-port", bus.ToString(CultureInfo.InvariantCulture)), bus);
    }

    private async Task MeetAsync()
    {
        foreach (var (at, (redis, _)) in _servers.Index())
        {
            await TellAsync(redis, "SET-CONFIG-EPOCH", at + 1);
            await TellAsync(redis, "ADDSLOTSRANGE", at * Slots / _servers.Length, ((at + 1) * Slots / _servers.Length) - 1);
        }
        foreach (var other in _servers) await TellAsync(_servers[0].Redis, "MEET", "127.0.0.1", other.Redis.Port, other.Bus);
        foreach (var (redis, _) in _servers)
            while (await TellAsync(redis, "INFO") is var info
                && !(info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{_servers.Length}", StringComparison.Ordinal)))
                await Task.Delay(10);
    }

    private static async Task<string> TellAsync(RunningRedis redis, params object[] command)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address + ",allowAdmin=true");
        return (string)(await connection.GetServer(redis.Address).ExecuteAsync("CLUSTER", command))!;
    }
}

[CollectionDefinition(nameof(RedisCluster))]
public sealed class RedisClusterCollection : ICollectionFixture<RedisCluster>;
