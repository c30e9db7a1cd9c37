using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>
/// What all nodes share: rooms, leases, and who is told of changes, on a machine of its own. It does what Redis does with the
/// scripts of Mesh.Server.Redis, each of its methods in one step.
/// </summary>
internal sealed class SimulatedStore(Machine machine, Planted planted)
{
    private static readonly TimeSpan DeadAreKept = TimeSpan.FromDays(1);

    private readonly Dictionary<string, StoredRoom> _rooms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RawJson> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _alive = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _dead = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _roomsOf = new(StringComparer.Ordinal);
    private readonly List<StoreListening> _listening = [];

    public Machine Machine => machine;

    public Planted Planted => planted;

    public long NowMilliseconds => machine.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public long NowMicroseconds => (machine.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>How many changes there were.</summary>
    public long Changes { get; private set; }

    public StoredRoom Room(string name)
    {
        if (!_rooms.TryGetValue(name, out var room)) _rooms[name] = room = new(name, this);
        return room;
    }

    public Roster Read(string name) => _rooms.GetValueOrDefault(name)?.Roster ?? Roster.Empty(NowMicroseconds);

    public RawJson GetMetadata(string room) => _metadata.GetValueOrDefault(room);

    public void SetMetadata(string room, RawJson metadata) => _metadata[room] = metadata;

    /// <summary>As Scripts/renew.lua.</summary>
    /// <returns>new, alive or dead, as the generation was before, and the dead that are to be looked after.</returns>
    public (string Before, string[] Dead) Renew(string generation, TimeSpan lease, bool mayJudge, TimeSpan lookedAfter)
    {
        var now = NowMilliseconds;
        if (_dead.ContainsKey(generation)) return ("dead", []);
        var before = _alive.ContainsKey(generation) ? "alive" : "new";
        _alive[generation] = now + (long)lease.TotalMilliseconds;
        if (!mayJudge) return (before, []);
        foreach (var late in _alive.Where(it => it.Value <= now).Select(it => it.Key).ToList())
        {
            _alive.Remove(late);
            _dead[late] = now;
        }
        foreach (var old in _dead.Where(it => it.Value <= now - DeadAreKept.TotalMilliseconds).Select(it => it.Key).ToList()) _dead.Remove(old);
        return (before, [.. _dead.Where(it => it.Value >= now - lookedAfter.TotalMilliseconds).Select(it => it.Key)]);
    }

    /// <summary>As Scripts/retire.lua.</summary>
    public void Retire(string generation)
    {
        if (_alive.ContainsKey(generation)) _alive[generation] = 0;
    }

    public void Index(string generation, string room)
    {
        if (!_roomsOf.TryGetValue(generation, out var rooms)) _roomsOf[generation] = rooms = new(StringComparer.Ordinal);
        rooms.Add(room);
    }

    public string[] RoomsOf(string generation) => _roomsOf.TryGetValue(generation, out var rooms) ? [.. rooms] : [];

    public void Listen(StoreListening listening)
    {
        if (!_listening.Contains(listening)) _listening.Add(listening);
    }

    public void Unlisten(StoreListening listening) => _listening.Remove(listening);

    public void Tell(RoomEvent change)
    {
        Changes++;
        foreach (var listening in _listening.ToList()) listening.Take(change);
    }

    public void Broadcast(Broadcast broadcast)
    {
        foreach (var listening in _listening.ToList()) listening.Take(broadcast);
    }

    /// <summary>A fault: it has lost everything.</summary>
    public void Empty()
    {
        _rooms.Clear();
        _metadata.Clear();
        _alive.Clear();
        _dead.Clear();
        _roomsOf.Clear();
    }

    /// <summary>A fault: all counters are lower than they were.</summary>
    public void RollBack(int by)
    {
        foreach (var room in _rooms.Values) room.RollBack(by);
    }
}
