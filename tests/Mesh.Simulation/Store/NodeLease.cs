namespace Mesh.Simulation;

/// <summary>A node's lease, kept as RedisNode keeps it.</summary>
internal sealed class NodeLease
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan OthersSettled = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(string Generation, string Room), bool> _indexed = [];
    private readonly SortedDictionary<string, bool> _former = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _dead = new(StringComparer.Ordinal);
    private readonly SimulatedStore _store;
    private readonly StoreLink _link;
    private readonly TimeProvider _time;
    private HashSet<string> _kept = [];
    private string[] _lostDead = [];
    private int _generations;
    private int _restorations;
    private long _joiningSince;
    private Task _joining = Task.CompletedTask;
    private int? _run;
    private long _renewedAt;
    private long _lastRenewal;
    private long _renewingSince;
    private bool _hasLived;
    private bool _isAway;

    public NodeLease(Machine node, SimulatedStore store, StoreLink link)
    {
        (_store, _link, _time, Name) = (store, link, node.Clock, node.Name);
        Generation = NewGeneration();
        link.Reconnected += Restored;
    }

    /// <summary>The node's, as long as its program runs.</summary>
    public string Name { get; }

    public string Generation { get; private set; }

    /// <summary>How often the store may have lost what it had been told.</summary>
    public int Losses { get; private set; }

    public bool IsAlive => _renewedAt != 0 && _time.GetElapsedTime(_renewedAt) < Length;

    /// <summary>Told that what the node had in the store is gone.</summary>
    public event Func<Task>? Lost;

    /// <summary>Told that there is a new connection to the store.</summary>
    public event Action? Reachable;

    public event Action? Away;

    /// <returns>The dead whose members are to be removed.</returns>
    public async Task<string[]> RenewAsync()
    {
        var (asked, restorations) = (_time.GetTimestamp(), _restorations);
        var wasAway = _isAway;
        _isAway = true;
        if (_time.GetElapsedTime(_lastRenewal) >= Length) _renewingSince = 0;
        var mayJudge = _renewingSince != 0 && _time.GetElapsedTime(_renewingSince) >= Length;
        var (generation, lostDead) = (Generation, _lostDead);
        var (before, dead, run) = await _link.AskAsync(() => _store.Renew(generation, Length, mayJudge, lostDead));
        // One that has restarted may have lost what it was told last: whoever is not joined by another generation is a ghost.
        var isAnother = _run is not null && run != _run || before == "new" && _hasLived;
        _run = run;
        if (before == "dead" || isAnother)
        {
            _former[Generation] = false;
            if (isAnother)
            {
                _lostDead = [.. _dead];
                Losses++;
            }
            _renewedAt = 0;
            _renewingSince = 0;
            Generation = NewGeneration();
            _hasLived = false;
            return await RenewAsync();
        }
        foreach (var one in _lostDead) _former.TryAdd(one, true);
        _lostDead = [];
        _dead.UnionWith(dead);
        _lastRenewal = asked;
        if (restorations == _restorations) _renewedAt = asked;
        var isWhole = await KeepAsync();
        _isAway = restorations != _restorations;
        if (_renewingSince == 0 || before == "late") _renewingSince = asked;
        var isLost = wasAway || !isWhole || before == "late";
        _hasLived = true;
        if (isLost)
        {
            Unindex();
            _joiningSince = _time.GetTimestamp();
            _joining = Lost?.Invoke() ?? Task.CompletedTask;
        }
        return [.. dead, .. Former()];
    }

    public void GoAway() => Away?.Invoke();

    /// <summary>Ends the lease, as soon as those whose sessions are not resumed elsewhere are to leave.</summary>
    public Task RetireAsync(TimeSpan grace)
    {
        _renewedAt = 0;
        var generation = Generation;
        return _link.DoAsync(() => _store.Leases.Retire(generation, _store.NowMilliseconds + (long)grace.TotalMilliseconds));
    }

    /// <summary>Notes that the node may have members in a room.</summary>
    public async Task IndexAsync(string generation, string room)
    {
        if (_indexed.GetValueOrDefault((generation, room))) return;
        _indexed[(generation, room)] = false;
        var restorations = _restorations;
        await _link.DoAsync(() => _store.Leases.Index(generation, room));
        if (restorations == _restorations) _indexed[(generation, room)] = true;
    }

    /// <summary>The rooms in which a generation may have members.</summary>
    public async Task<string[]> FindRoomsAsync(string generation)
    {
        var indexed = await _link.AskAsync(() => _store.Leases.RoomsOf(generation));
        return [.. indexed.Union(_indexed.Keys.Where(it => it.Generation == generation).Select(it => it.Room), StringComparer.Ordinal)];
    }

    // What the node had there may be lost alone.
    private async Task<bool> KeepAsync()
    {
        string[] keys = [Name, Generation];
        if (_indexed.Any(it => it.Value && it.Key.Generation == Generation)) _kept.Add(Generation);
        var there = await _link.AskAsync(() => _store.FindKept(keys[0], keys[1]));
        var isWhole = _store.Planted == Planted.LossUnnoticed || !keys.Any(it => _kept.Contains(it) && !there.Contains(it));
        _kept = there;
        return isWhole;
    }

    // Once all have joined again, or others no longer wait for that.
    private string[] Former()
    {
        var since = _time.GetElapsedTime(_joiningSince);
        return since < Settled || !_joining.IsCompleted && since < Length ? [] : [.. _former.Where(it => !it.Value || since >= OthersSettled).Select(it => it.Key)];
    }

    /// <summary>Forgets a generation whose members are removed.</summary>
    public void Forget(string generation)
    {
        _former.Remove(generation);
        foreach (var key in _indexed.Keys.Where(it => it.Generation == generation).ToList()) _indexed.Remove(key);
    }

    // The store may have lost the lease, and the index: nothing is to be joined before both are there again.
    private void Restored()
    {
        _restorations++;
        _renewedAt = 0;
        _isAway = true;
        Unindex();
        Reachable?.Invoke();
    }

    private void Unindex()
    {
        foreach (var indexed in _indexed.Keys.ToList()) _indexed[indexed] = false;
    }

    private string NewGeneration() => $"{Name}.{++_generations}";
}
