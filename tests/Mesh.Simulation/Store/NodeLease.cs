namespace Mesh.Simulation;

/// <summary>A node's lease, kept as RedisNode and RedisHeartbeat keep it.</summary>
internal sealed class NodeLease
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookedAfter = TimeSpan.FromSeconds(30);

    private readonly HashSet<(string Generation, string Room)> _indexed = [];
    private readonly SimulatedStore _store;
    private readonly StoreLink _link;
    private readonly KnownStamps _known;
    private readonly TimeProvider _time;
    private readonly ITimer _heart;
    private int _generations;
    private int _run;
    private long _renewedAt;
    private long _renewingSince;
    private bool _hasLived;
    private bool _isAway;
    private bool _wasToldAway;
    private bool _isBusy;
    private bool _isRetired;

    public NodeLease(Machine node, SimulatedStore store, StoreLink link, KnownStamps known)
    {
        (_store, _link, _known, _time, Name) = (store, link, known, node.Clock, node.Name);
        Generation = NewGeneration();
        link.Reconnected += Forget;
        _heart = _time.CreateTimer(_ => _ = BeatAsync(), null, TimeSpan.Zero, Interval);
    }

    /// <summary>The node's, as long as its program runs.</summary>
    public string Name { get; }

    public string Generation { get; private set; }

    public bool IsAlive => _renewedAt != 0 && _time.GetElapsedTime(_renewedAt) < Length;

    /// <summary>Told that what the node had in the store is gone.</summary>
    public event Action? Lost;

    public event Action? Away;

    /// <summary>Notes that the node may have members in a room.</summary>
    public async Task IndexAsync(string room)
    {
        var generation = Generation;
        if (_indexed.Contains((generation, room))) return;
        await _link.DoAsync(() => _store.Leases.Index(generation, room));
        _indexed.Add((generation, room));
    }

    /// <summary>Ends the lease, as soon as those whose sessions are not resumed elsewhere are to leave.</summary>
    public async Task RetireAsync(TimeSpan grace)
    {
        _isRetired = true;
        await _heart.DisposeAsync();
        _renewedAt = 0;
        var generation = Generation;
        try
        {
            await _link.DoAsync(() => _store.Leases.Retire(generation, _store.NowMilliseconds + (long)grace.TotalMilliseconds));
        }
        catch (MeshException)
        {
            // Then it ends by itself.
        }
    }

    // The store may have lost the lease, and the rooms: nothing is to be joined before it is there again.
    private void Forget()
    {
        _renewedAt = 0;
        _indexed.Clear();
    }

    private async Task BeatAsync()
    {
        if (_isBusy || _isRetired) return;
        _isBusy = true;
        try
        {
            foreach (var dead in await RenewAsync()) await RemoveMembersOfAsync(dead);
            _wasToldAway = false;
        }
        catch (MeshException)
        {
            if (!_wasToldAway) Away?.Invoke();
            _wasToldAway = true;
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task<string[]> RenewAsync()
    {
        var asked = _time.GetTimestamp();
        var wasAway = _isAway;
        _isAway = true;
        if (!IsAlive) _renewingSince = 0;
        var mayJudge = _renewingSince != 0 && _time.GetElapsedTime(_renewingSince) >= Length;
        var generation = Generation;
        var (before, dead, run) = await _link.AskAsync(() =>
        {
            var (before, dead) = _store.Leases.Renew(generation, _store.NowMilliseconds, Length, mayJudge, LookedAfter, judgesAtOnce: _store.Planted == Planted.ReapsAfterOutage);
            return (before, dead, _store.Run);
        });
        // One that has restarted may have lost what it was told last: whoever is not joined by another generation is a ghost.
        var hasRestarted = _run != 0 && run != _run;
        _run = run;
        if (before == "dead" || hasRestarted)
        {
            Generation = NewGeneration();
            return await RenewAsync();
        }
        _isAway = false;
        _renewedAt = asked;
        if (_renewingSince == 0 || before == "late") _renewingSince = asked;
        var isLost = wasAway || before == "late" || (before == "new" && _hasLived);
        _hasLived = true;
        if (isLost)
        {
            _indexed.Clear();
            Lost?.Invoke();
        }
        return dead;
    }

    private async Task RemoveMembersOfAsync(string dead)
    {
        foreach (var room in await _link.AskAsync(() => _store.Leases.RoomsOf(dead)))
        {
            var known = _known.Of(room);
            await _link.DoAsync(() => _store.Open(room, known).Reap(dead));
        }
    }

    private string NewGeneration() => $"{Name}.{++_generations}";
}
