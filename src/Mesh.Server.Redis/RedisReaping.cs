using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Removes the members of dead nodes. Any node may, also several at once: what one has removed the other does not find. It is done
/// again later, since what a dead node had sent may come late.
/// </summary>
internal sealed class RedisReaping(RedisConnection redis, RedisNames names, RedisNode node, RoomScripts scripts, TimeProvider time) : IDisposable
{
    private const int AtOnce = 64;
    private const int MembersAtOnce = 500;
    private const int PageSize = 1_000;

    private static readonly TimeSpan[] Again = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)];

    private readonly CancellationTokenSource _disposed = new();
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Begins with those that are new, and does not wait: the own lease is to be renewed meanwhile.</summary>
    public void Begin(IReadOnlyCollection<string> dead)
    {
        foreach (var generation in dead)
            if (_known.TryAdd(generation, true)) _ = ReapAsync(generation);
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private async Task ReapAsync(string generation)
    {
        try
        {
            if (!await RemoveAsync(generation)) return;
            await EndAsync(generation);
        }
        catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
        {
            // Who renews its lease next is told of it again.
        }
        catch (OperationCanceledException)
        {
            // The node stops; others go on.
        }
        finally
        {
            _known.TryRemove(generation, out _);
        }
    }

    /// <returns>False: it lives.</returns>
    private async Task<bool> RemoveAsync(string generation)
    {
        await RemoveOnceAsync(generation);
        foreach (var pause in Again)
        {
            await Task.Delay(pause, time, _disposed.Token);
            // A Redis that has lost that it was dead lets it go on, if it did not know.
            if (await (await redis.DatabaseAsync()).SortedSetScoreAsync(names.LiveNodes, generation) is not null) return false;
            await RemoveOnceAsync(generation);
        }
        return true;
    }

    private async Task RemoveOnceAsync(string generation)
    {
        var rooms = new HashSet<string>(node.Rooms.Find(generation), StringComparer.Ordinal);
        await foreach (var field in (await redis.DatabaseAsync()).HashScanAsync(names.RoomsOf(generation), pageSize: PageSize))
            if (!field.Name.IsNullOrEmpty) rooms.Add(field.Name!);
        foreach (var some in rooms.Chunk(AtOnce)) await Task.WhenAll(some.Select(it => RemoveAsync(generation, it)));
    }

    // Only now: until then somebody has to know in which rooms there is something to remove.
    private async Task EndAsync(string generation)
    {
        var database = await redis.DatabaseAsync();
        await database.KeyDeleteAsync(names.RoomsOf(generation));
        await database.ScriptEvaluateAsync(RedisScripts.Reaped, [names.ReapedNodes], [generation]);
        node.Forget(generation);
    }

    private async Task RemoveAsync(string generation, string room)
    {
        RedisResult[] answer;
        do answer = (RedisResult[])(await scripts.EvaluateAsync(RedisScripts.Reap, room, generation: "", [generation, MembersAtOnce], CancellationToken.None))!;
        while ((string)answer[0]! == nameof(ChangeOutcome.Changed));
    }
}
