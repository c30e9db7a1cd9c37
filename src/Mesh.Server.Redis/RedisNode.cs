using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// This node as the others know it: a generation, which lives as long as its lease is renewed. One that was taken for dead takes
/// another, since the members of the dead one are gone.
/// </summary>
internal sealed class RedisNode(RedisConnection redis, RedisNames names, TimeProvider time, IOptions<MeshOptions>? options = null) : IDisposable
{
    /// <summary>How long a lease lasts, by Redis's clock.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(8);

    /// <summary>How long sessions of a node are kept that renews its lease no longer: also one that sleeps finds out who was taken.</summary>
    public static readonly TimeSpan SessionsKept = TimeSpan.FromMinutes(10);

    // So long, at least, what this node was before is left alone after it has become another.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1.5);

    // So long others have to join again who were once what is known to be dead.
    private static readonly TimeSpan OthersSettled = TimeSpan.FromSeconds(3);

    private readonly RedisPrimaries _primaries = new();
    private readonly TimeSpan _longestLease = options?.Value.Grace is { } grace && grace > Lease ? grace : Lease;

    // Whom it was before, and (true) what else was dead before Redis lost something, until what is left of them is removed.
    private readonly ConcurrentDictionary<string, bool> _former = new(StringComparer.Ordinal);
    private readonly KnownDead _dead = new();

    // The dead that are still to be told to a Redis that may have lost that they are.
    private string[] _lostDead = [];

    private volatile string _generation = NewGeneration();
    private long _renewedAt;

    // The same, also where the connection was lost since.
    private long _lastRenewal;
    private long _renewingSince;
    private bool _hasLived;
    private volatile bool _isAway;
    private HashSet<RedisKey> _kept = [];
    private long _joiningSince;
    private Task _joining = Task.CompletedTask;
    private string? _run;
    private IConnectionMultiplexer? _watched;
    private int _restorations;

    /// <summary>Names this node as long as its process lives.</summary>
    public string Name { get; } = NewGeneration();

    /// <summary>Names this node, and no other, nor itself after it was taken for dead.</summary>
    public string Generation => _generation;

    /// <summary>In which rooms it may have members.</summary>
    public RedisRoomIndex Rooms { get; } = new(redis, names, time);

    /// <summary>True while nobody can have taken this node for dead.</summary>
    public bool IsAlive => SinceRenewal < Lease;

    /// <summary>The dead that the last renewal has found, also where it failed after that.</summary>
    public string[] Found { get; private set; } = [];

    /// <summary>How often Redis may have lost what it had been told: also that members were removed.</summary>
    public int Losses { get; private set; }

    /// <summary>How long ago the lease was renewed; null if it never was, or was ended.</summary>
    public TimeSpan? SinceRenewal => Volatile.Read(ref _renewedAt) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>Told that what the node had in Redis is gone, perhaps: its connections are to join again. What is returned ends once they have.</summary>
    public event Func<Task>? Lost;

    /// <summary>Told that there is a new connection to Redis, or another server in a cluster: the lease is to be renewed before anybody can join.</summary>
    public event Action? Reachable;

    /// <summary>Told that Redis can't be reached.</summary>
    public event Action? Away;

    /// <summary>Renews the lease. One call at a time.</summary>
    /// <returns>The dead whose members are to be removed.</returns>
    public async Task<string[]> RenewAsync()
    {
        Found = [];
        var (asked, restorations) = (time.GetTimestamp(), Volatile.Read(ref _restorations));
        var wasAway = _isAway;
        _isAway = true;
        if (time.GetElapsedTime(_lastRenewal) >= Lease) _renewingSince = 0;
        var mayJudge = _renewingSince != 0 && time.GetElapsedTime(_renewingSince) >= Lease;
        var connection = await redis.ReadyAsync();
        if (Interlocked.Exchange(ref _watched, connection) is null)
        {
            connection.ConnectionRestored += Restored;
            _primaries.Changed += () => Reachable?.Invoke();
        }
        _primaries.Look(connection);
        var database = connection.GetDatabase();
        var answer = (RedisResult[])(await database.ScriptEvaluateAsync(
            RedisScripts.Renew,
            [names.LiveNodes, names.DeadNodes, names.RenewingNodes, names.ReapedNodes],
            [Generation, (long)Lease.TotalMilliseconds, mayJudge ? "1" : "0", (long)_longestLease.TotalMilliseconds, .. _lostDead.Select(static it => (RedisValue)it)]))!;
        var before = (string)answer[0]!;
        var run = (string)answer[2]!;
        // A Redis that has restarted, or another one in its place, may have lost what it was told last: also who has left. All join
        // again as another generation, and who is of this one still is a ghost, and goes with it. One that knows the lease no longer may
        // have lost that this one was dead, too, and others have removed it, or are about to.
        var isAnother = _primaries.TakeChange() || _run is not null && run != _run || before == "new" && _hasLived;
        _primaries.See(run);
        _run = run;
        if (before == "dead" || isAnother)
        {
            _former[_generation] = false;
            if (isAnother)
            {
                _lostDead = _dead.All;
                Losses++;
            }
            // The new one has no lease yet, nor may it judge.
            Volatile.Write(ref _renewedAt, 0);
            _renewingSince = 0;
            _generation = NewGeneration();
            _hasLived = false;
            return await RenewAsync();
        }
        foreach (var dead in _lostDead) _former.TryAdd(dead, true);
        _lostDead = [];
        Found = (string[])answer[1]!;
        foreach (var dead in Found) _dead.Add(dead);
        _lastRenewal = asked;
        if (restorations == Volatile.Read(ref _restorations)) Volatile.Write(ref _renewedAt, asked);
        var isWhole = await KeepAsync(database);
        // Only by now it is known what is lost; and where there is another connection meanwhile, it is not.
        _isAway = restorations != Volatile.Read(ref _restorations);
        if (_renewingSince == 0 || before == "late") _renewingSince = asked;
        // Also a short absence may have emptied it: where the answer to a renewal got lost, the next does not find the lease new.
        var isLost = wasAway || !isWhole || before == "late";
        _hasLived = true;
        if (isLost)
        {
            Rooms.Lose();
            _joiningSince = time.GetTimestamp();
            _joining = Task.WhenAll((Lost?.GetInvocationList() ?? []).Cast<Func<Task>>().Select(static it => it()));
        }
        return [.. Found, .. Former()];
    }

    // In a cluster they are on other servers than the lease, and may be lost alone. Without the node its sessions end by themselves.
    private async Task<bool> KeepAsync(IDatabase database)
    {
        RedisKey[] keys = [names.SessionsOf(Name), names.RoomsOf(Generation)];
        // Also what was noted since the last renewal.
        if (Rooms.IsWritten(Generation)) _kept.Add(keys[1]);
        var there = await Task.WhenAll(database.KeyExpireAsync(keys[0], SessionsKept), database.HashExistsAsync(keys[1], ""));
        var isWhole = !keys.Where((it, at) => !there[at] && _kept.Contains(it)).Any();
        _kept = [.. keys.Where((_, at) => there[at])];
        return isWhole;
    }

    // Once all have joined again: who has not is a ghost, of before Redis lost that it had left. Members that the dead had left to others
    // join again there meanwhile. Where one takes longer than the former lease, others do not wait for it either.
    private IEnumerable<string> Former()
    {
        var since = time.GetElapsedTime(_joiningSince);
        if (since < Settled || !_joining.IsCompleted && since < Lease) return [];
        return _former.Where(it => !it.Value || since >= OthersSettled).Select(static it => it.Key);
    }

    /// <summary>Forgets a dead generation, perhaps a former one of this node: its members are removed.</summary>
    public void Forget(string generation)
    {
        _former.TryRemove(generation, out _);
        Rooms.Forget(generation);
    }

    /// <summary>Notes that Redis can't be reached.</summary>
    public void GoAway() => Away?.Invoke();

    /// <summary>Ends the lease, as soon as those whose sessions are not resumed elsewhere are to leave.</summary>
    public async Task RetireAsync(TimeSpan grace)
    {
        Volatile.Write(ref _renewedAt, 0);
        await (await redis.DatabaseAsync()).ScriptEvaluateAsync(RedisScripts.Retire, [names.LiveNodes], [Generation, (long)grace.TotalMilliseconds]);
    }

    public void Dispose()
    {
        if (_watched is { } connection) connection.ConnectionRestored -= Restored;
    }

    // Redis may have lost the lease, and the index: nothing is to be joined before it has both again.
    private void Restored(object? sender, ConnectionFailedEventArgs connection)
    {
        if (connection.ConnectionType != ConnectionType.Interactive) return;
        Interlocked.Increment(ref _restorations);
        Volatile.Write(ref _renewedAt, 0);
        _isAway = true;
        Rooms.Lose();
        Reachable?.Invoke();
    }

    private static string NewGeneration() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 20);
}
