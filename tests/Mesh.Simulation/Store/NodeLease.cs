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
    private readonly TimeProvider _time;
    private readonly string _name;
    private readonly ITimer _heart;
    private int _generations;
    private long _renewedAt;
    private long _renewingSince;
    private bool _hasLived;
    private bool _isBusy;
    private bool _isRetired;

    public NodeLease(Machine node, SimulatedStore store, StoreLink link)
    {
        (_store, _link, _time, _name) = (store, link, node.Clock, node.Name);
        Generation = NewGeneration();
        _heart = _time.CreateTimer(_ => _ = BeatAsync(), null, TimeSpan.Zero, Interval);
    }

    public string Generation { get; private set; }

    public bool IsAlive => _renewedAt != 0 && _time.GetElapsedTime(_renewedAt) < Length;

    /// <summary>Told that what the node had in the store is gone.</summary>
    public event Action? Lost;

    /// <summary>Notes that the node may have members in a room.</summary>
    public async Task IndexAsync(string room)
    {
        var generation = Generation;
        if (_indexed.Contains((generation, room))) return;
        await _link.AskAsync(() =>
        {
            _store.Index(generation, room);
            return true;
        });
        _indexed.Add((generation, room));
    }

    /// <summary>Ends the lease: the others need not wait for that.</summary>
    public async Task RetireAsync()
    {
        _isRetired = true;
        await _heart.DisposeAsync();
        _renewedAt = 0;
        var generation = Generation;
        try
        {
            await _link.AskAsync(() =>
            {
                _store.Retire(generation);
                return true;
            });
        }
        catch (StoreAwayException)
        {
            // Then it ends by itself.
        }
    }

    private async Task BeatAsync()
    {
        if (_isBusy || _isRetired) return;
        _isBusy = true;
        try
        {
            foreach (var dead in await RenewAsync()) await RemoveMembersOfAsync(dead);
        }
        catch (StoreAwayException)
        {
            // The next beat tries again.
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task<string[]> RenewAsync()
    {
        var asked = _time.GetTimestamp();
        if (!IsAlive) _renewingSince = 0;
        var mayJudge = (_renewingSince != 0 && _time.GetElapsedTime(_renewingSince) >= Length) || _store.Planted == Planted.ReapsAfterOutage;
        var generation = Generation;
        var (before, dead) = await _link.AskAsync(() => _store.Renew(generation, Length, mayJudge, LookedAfter));
        if (before == "dead")
        {
            Generation = NewGeneration();
            return await RenewAsync();
        }
        _renewedAt = asked;
        if (_renewingSince == 0) _renewingSince = asked;
        var isLost = before == "new" && _hasLived;
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
        foreach (var room in await _link.AskAsync(() => _store.RoomsOf(dead)))
        {
            await _link.AskAsync(() =>
            {
                _store.Room(room).Reap(dead);
                return true;
            });
        }
    }

    private string NewGeneration() => $"{_name}.{++_generations}";
}
