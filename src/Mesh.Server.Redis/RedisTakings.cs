using System.Collections.Concurrent;

namespace Mesh.Server;

/// <summary>The connections of this node that others have taken. Redis is told to forget them once nobody can come back by what this node gave.</summary>
internal sealed class RedisTakings(RedisConnection redis, RedisNames names, RedisNode node, TimeProvider time)
{
    private const int AtOnce = 64;

    /// <summary>Twice the longest grace.</summary>
    public static readonly TimeSpan Kept = 2 * RedisNode.SessionsKept;

    private readonly ConcurrentDictionary<(string ConnectionId, int Moves), long> _seenAt = new();

    /// <summary>Notes one, perhaps again.</summary>
    public void See(string connectionId, int moves) => _seenAt.TryAdd((connectionId, moves), time.GetTimestamp());

    public async Task ForgetAsync()
    {
        foreach (var some in _seenAt.Where(it => time.GetElapsedTime(it.Value) >= Kept).Select(static it => it.Key).Chunk(AtOnce)) await Task.WhenAll(some.Select(ForgetAsync));
    }

    private async Task ForgetAsync((string ConnectionId, int Moves) taken)
    {
        await redis.EvaluateAsync(RedisScripts.ForgetTaken, [names.SessionsOf(node.Name)], [taken.ConnectionId, taken.Moves], CancellationToken.None);
        _seenAt.TryRemove(taken, out _);
    }
}
