using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Connects at the start, and refuses to start without Redis where that is required.</summary>
internal sealed class RedisStart(RedisConnection redis, RedisNode node, RedisBackplane backplane, IOptions<MeshRedisOptions> options, TimeProvider time) : IHostedService
{
    // The first attempt to connect ends after a second, and a Redis that is only slow, or starts at the same time, is there with the next.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const string Remedy = $"or set {nameof(MeshRedisOptions)}.{nameof(MeshRedisOptions.Required)} to false to begin without it.";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var connection = await redis.ReadyAsync().WaitAsync(cancellationToken);
        var configuration = ConfigurationOptions.Parse(connection.Configuration);
        if (RedisConnection.IsBySentinel(configuration)) throw new InvalidOperationException(RedisConnection.NoSentinel);
        // Scripts tell changes by a channel's whole name, to which the client library would add.
        if (!configuration.ChannelPrefix.IsNullOrEmpty)
            throw new InvalidOperationException($"A connection with a channelPrefix can't be used. Set {nameof(MeshRedisOptions)}.{nameof(MeshRedisOptions.Prefix)} instead.");
        var server = connection.Configuration.Split(',')[0];
        if (options.Value.Required && !await IsConnectedAsync(connection, cancellationToken)) throw new InvalidOperationException($"Redis can't be reached at {server}. Start it, {Remedy}");
        if (!connection.IsConnected) return;
        try
        {
            await node.RenewAsync();
        }
        catch (Exception refusal) when (RedisConnection.IsOfRedis(refusal))
        {
            if (options.Value.Required) throw new InvalidOperationException($"Redis at {server} does not do what Mesh asks of it: {refusal.Message} Mend that, {Remedy}", refusal);
            // The heartbeat goes on trying.
        }
        // A broadcast is told once: who is served by this node from now on is to get all that others tell.
        try
        {
            await backplane.ListenAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            // Redis was lost again since; the backplane goes on trying.
        }
    }

    private async Task<bool> IsConnectedAsync(IConnectionMultiplexer connection, CancellationToken cancellationToken)
    {
        var restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionRestored += OnRestored;
        try
        {
            if (!connection.IsConnected) await restored.Task.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It is looked at once more.
        }
        finally
        {
            connection.ConnectionRestored -= OnRestored;
        }
        return connection.IsConnected;

        // Of its two connections the one for commands may be the later one.
        void OnRestored(object? sender, ConnectionFailedEventArgs one)
        {
            if (connection.IsConnected) restored.TrySetResult();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
