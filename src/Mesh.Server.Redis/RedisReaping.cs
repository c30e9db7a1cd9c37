using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
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

    // So long after a failure all rooms are looked through again.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _disposed = new();

    // Of all the dead together: heartbeats are not to wait behind them.
    private readonly SemaphoreSlim _turns = new(AtOnce);

    // Each is looked after once, and once more after Redis may have lost that it was.
    private readonly ConcurrentDictionary<(string Generation, int Losses), bool> _known = [];

    /// <summary>Begins with those that are new, and does not wait: the own lease is to be renewed meanwhile.</summary>
    public void Begin(IReadOnlyCollection<string> dead)
    {
        var losses = node.Losses;
        foreach (var generation in dead)
            if (_known.TryAdd((generation, losses), true)) _ = ReapAsync(generation, losses);
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private async Task ReapAsync(string generation, int losses)
    {
        try
        {
            // Who renews its lease then is told of it again.
            if (!await TryRemoveAsync(generation, losses)) await Task.Delay(Pause, time, _disposed.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The node stops; others go on.
        }
        finally
        {
            _known.TryRemove((generation, losses), out _);
        }
    }

    private async Task<bool> TryRemoveAsync(string generation, int losses)
    {
        try
        {
            // What Redis has lost meanwhile is looked after anew.
            if (await RemoveAsync(generation) && losses == node.Losses) await EndAsync(generation);
            return true;
        }
        catch (Exception failure) when (RedisConnection.IsOfRedis(failure))
        {
            return false;
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
        Exception? failure = null;
        foreach (var some in rooms.Chunk(AtOnce))
        {
            var failures = await Task.WhenAll(some.Select(it => TryRemoveAsync(generation, it)));
            failure ??= failures.FirstOrDefault(static it => it is not null);
        }
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    // Only now: until then somebody has to know in which rooms there is something to remove.
    private async Task EndAsync(string generation)
    {
        var database = await redis.DatabaseAsync();
        await database.KeyDeleteAsync(names.RoomsOf(generation));
        await database.ScriptEvaluateAsync(RedisScripts.Reaped, [names.DeadNodes, names.ReapedNodes], [generation]);
        node.Forget(generation);
    }

    // One room that can't be reached keeps nobody in the others.
    private async Task<Exception?> TryRemoveAsync(string generation, string room)
    {
        await _turns.WaitAsync(_disposed.Token);
        try
        {
            await RemoveAsync(generation, room);
            return null;
        }
        catch (Exception failure) when (RedisConnection.IsOfRedis(failure))
        {
            return failure;
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task RemoveAsync(string generation, string room)
    {
        RedisResult[] answer;
        do answer = (RedisResult[])(await scripts.EvaluateAsync(RedisScripts.Reap, room, generation: "", [generation, MembersAtOnce], CancellationToken.None))!;
        while ((string)answer[0]! == nameof(ChangeOutcome.Changed));
    }
}
