namespace Mesh.Simulation;

/// <summary>Which generations of nodes live, and in which rooms they had members.</summary>
internal sealed class StoredLeases
{
    private const long Remembered = 86_400_000;
    private const long Break = 3_000;

    private readonly Dictionary<string, long> _alive = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _dead = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _reaped = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _rooms = new(StringComparer.Ordinal);

    /// <summary>As Scripts/renew.lua.</summary>
    /// <returns>new, alive, late or dead, as the generation was before, and the dead that are to be looked after.</returns>
    public (string Before, string[] Dead) Renew(string generation, long now, TimeSpan lease, bool mayJudge, string[] known, bool judgesAtOnce)
    {
        if (_dead.ContainsKey(generation) || _reaped.ContainsKey(generation)) return ("dead", []);
        foreach (var dead in known)
        {
            _alive.Remove(dead);
            _since.Remove(dead);
            if (!_reaped.ContainsKey(dead)) _dead.TryAdd(dead, now);
        }
        var length = (long)lease.TotalMilliseconds;
        var before = !_alive.TryGetValue(generation, out var ends) ? "new" : ends > now ? "alive" : "late";
        if (before == "new" || !_since.ContainsKey(generation) || now - (ends - length) > Break) _since[generation] = now;
        _alive[generation] = now + length;
        if (!judgesAtOnce && (!mayJudge || now - _since[generation] < length)) return (before, []);
        foreach (var late in _alive.Where(it => it.Value <= now).Select(it => it.Key).ToList())
        {
            _alive.Remove(late);
            _since.Remove(late);
            _dead[late] = now;
        }
        foreach (var old in _reaped.Where(it => it.Value <= now - Remembered).Select(it => it.Key).ToList()) _reaped.Remove(old);
        return (before, [.. _dead.Keys]);
    }

    /// <summary>As Scripts/reaped.lua, and the end of the list of rooms.</summary>
    public void Reaped(string generation, long now)
    {
        _rooms.Remove(generation);
        _dead.Remove(generation);
        _reaped[generation] = now;
    }

    /// <summary>As Scripts/retire.lua.</summary>
    public void Retire(string generation, long until)
    {
        if (_alive.ContainsKey(generation)) _alive[generation] = until;
    }

    public void Index(string generation, string room)
    {
        if (!_rooms.TryGetValue(generation, out var rooms)) _rooms[generation] = rooms = new(StringComparer.Ordinal);
        rooms.Add(room);
    }

    public bool Has(string generation) => _alive.ContainsKey(generation);

    public bool IsIndexed(string generation) => _rooms.ContainsKey(generation);

    /// <summary>A fault: the rooms of a generation are lost.</summary>
    public void ForgetRoomsOf(string generation) => _rooms.Remove(generation);

    public string[] RoomsOf(string generation) => _rooms.TryGetValue(generation, out var rooms) ? [.. rooms] : [];

    public StoredLeases Copy()
    {
        var copy = new StoredLeases();
        foreach (var (generation, end) in _alive) copy._alive[generation] = end;
        foreach (var (generation, since) in _since) copy._since[generation] = since;
        foreach (var (generation, since) in _dead) copy._dead[generation] = since;
        foreach (var (generation, since) in _reaped) copy._reaped[generation] = since;
        foreach (var (generation, rooms) in _rooms) copy._rooms[generation] = new(rooms, StringComparer.Ordinal);
        return copy;
    }
}
