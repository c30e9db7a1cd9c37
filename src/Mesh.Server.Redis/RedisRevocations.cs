using System.Globalization;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Whose authentication was revoked, on whatever node. They stand in a stream, since one that is cut off now is to learn of it all the same;
/// that there is more in it is told on a channel.
/// </summary>
internal sealed class RedisRevocations : IAsyncDisposable
{
    // A node without Redis for longer has long been taken for dead, and its clients are served by others.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly RedisValue Beginning = "0-0";

    private readonly RedisConnection _redis;
    private readonly RedisNames _names;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lazy<Task<RedisListening>> _listening;
    private int _due;
    private RedisValue _read = Beginning;

    public RedisRevocations(RedisConnection redis, RedisNames names, RedisSubscriptions subscriptions, TimeProvider time)
    {
        (_redis, _names, _time) = (redis, names, time);
        _listening = new(() => BeginAsync(subscriptions));
    }

    /// <summary>Told each user.</summary>
    public event Action<string>? Revoked
    {
        add
        {
            Revoking += value;
            _ = _listening.Value;
        }
        remove => Revoking -= value;
    }

    private event Action<string>? Revoking;

    /// <summary>Completed once this node hears of all that are revoked from then on.</summary>
    public Task Listening => _listening.Value;

    /// <summary>Tells all nodes; where others can't be told, this one all the same.</summary>
    public async ValueTask RevokeAsync(string userId, CancellationToken cancellationToken)
    {
        try
        {
            // What has begun is done, whoever waits for it no longer.
            await TellAsync(userId).WaitAsync(cancellationToken);
        }
        catch
        {
            Revoking?.Invoke(userId);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _disposed.Dispose();
        if (_listening is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _listening.Value).DisposeAsync();
    }

    private async Task TellAsync(string userId)
    {
        var publish = await RedisConnection.TryAsync(async () => await _redis.PublishCommandAsync());
        await _redis.EvaluateAsync(
            RedisScripts.Revoke, [_names.Revocations], [userId, (long)Kept.TotalMilliseconds, _names.Revocations, publish], CancellationToken.None);
    }

    private async Task<RedisListening> BeginAsync(RedisSubscriptions subscriptions)
    {
        _read = await BeforeAsync();
        var listening = await subscriptions.ListenSoonAsync(_names.Revocations, _ => Read(), Read, _disposed.Token);
        // What was told before this node listened.
        Read();
        return listening;
    }

    // What was revoked before concerns none of the connections that this node will have. Where it can't be known, some may have to sign in
    // again; nobody stays who is to go.
    private async Task<RedisValue> BeforeAsync()
    {
        try
        {
            return await NewestAsync(await _redis.DatabaseAsync());
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            return Beginning;
        }
    }

    private async Task<RedisValue> NewestAsync(IDatabase database) =>
        await database.StreamRangeAsync(_names.Revocations, count: 1, messageOrder: Order.Descending) is [var newest] ? newest.Id : Beginning;

    private void Read()
    {
        if (Interlocked.Increment(ref _due) == 1) _ = ReadAsync();
    }

    private async Task ReadAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            var due = Volatile.Read(ref _due);
            try
            {
                var database = await _redis.DatabaseAsync();
                // Redis has lost the stream, or its end, and goes on by an earlier clock.
                if (IsBefore(await NewestAsync(database), _read)) _read = Beginning;
                foreach (var entry in await database.StreamRangeAsync(_names.Revocations, $"({_read}"))
                {
                    _read = entry.Id;
                    if ((string?)entry["user"] is { } userId) Revoking?.Invoke(userId);
                }
                if (Interlocked.Add(ref _due, -due) == 0) return;
            }
            catch (Exception away) when (RedisConnection.IsOfRedis(away))
            {
                // Once there is a connection again all is subscribed to again, which leads here as well; this is for what else may be.
                await Task.Delay(Pause, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static bool IsBefore(RedisValue one, RedisValue other) => TimeOf(one).CompareTo(TimeOf(other)) < 0;

    private static (ulong Milliseconds, ulong Number) TimeOf(RedisValue id) => ((string)id!).Split('-') is [var milliseconds, var number]
        ? (ulong.Parse(milliseconds, CultureInfo.InvariantCulture), ulong.Parse(number, CultureInfo.InvariantCulture))
        : default;
}
