using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Connects at the start, and refuses to start without Redis where that is required.</summary>
internal sealed class RedisStart(RedisConnection redis, RedisNode node, RedisBackplane backplane, IOptions<MeshRedisOptions> options) : IHostedService
{
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
        if (options.Value.Required && !connection.IsConnected) throw new InvalidOperationException($"Redis can't be reached at {server}. Start it, {Remedy}");
        if (!connection.IsConnected) return;
        try
        {
            await node.RenewAsync();
        }
        catch (Exception refusal) when (refusal is RedisException || RedisConnection.IsAway(refusal))
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

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
