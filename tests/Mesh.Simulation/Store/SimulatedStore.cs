using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>
/// What all nodes share: rooms, sessions, leases, and who is told of changes, on a machine of its own. It does what Redis does with
/// the scripts of Mesh.Server.Redis, each of its methods in one step.
/// </summary>
internal sealed class SimulatedStore(Machine machine, Planted planted, Action<string>? note)
{
    private readonly List<StoreListening> _listening = [];
    private Dictionary<string, StoredRoom> _rooms = new(StringComparer.Ordinal);
    private Dictionary<string, RawJson> _metadata = new(StringComparer.Ordinal);
    private StoredSessions? _sessions;
    private StoredLeases _leases = new();

    public Machine Machine => machine;

    public Planted Planted => planted;

    public long NowMilliseconds => machine.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public long NowMicroseconds => (machine.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Another one after each restart, also of a part of it.</summary>
    public int Run { get; private set; } = 1;

    /// <summary>How many changes there were.</summary>
    public long Changes { get; private set; }

    public StoredSessions Sessions => _sessions ??= new(this);

    public StoredLeases Leases => _leases;

    /// <summary>A room, for a script.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="known">The newest that the asking node has seen of it.</param>
    public StoredRoom Open(string name, Stamp? known)
    {
        if (!_rooms.TryGetValue(name, out var room)) _rooms[name] = room = new(name, this);
        room.Open(known);
        return room;
    }

    /// <summary>A room as it is, for who does not belong to the world.</summary>
    public StoredRoom? Find(string name) => _rooms.GetValueOrDefault(name);

    public RawJson GetMetadata(string room) => _metadata.GetValueOrDefault(room);

    public void SetMetadata(string room, RawJson metadata) => _metadata[room] = metadata;

    public void Note(string what) => note?.Invoke(what);

    public void Attach(StoreListening listening) => _listening.Add(listening);

    public void Tell(RoomEvent change)
    {
        Changes++;
        note?.Invoke($"{change.Room} at {change.Change.Epoch}/{change.Change.To}: {Describe(change.Change)}");
        Tell(Channels.Changes(change.Room), change);
    }

    public void Tell(string channel, object message)
    {
        foreach (var listening in _listening) listening.Take(channel, message);
    }

    private static string Describe(RosterDiff change) => string.Join(", ",
    [
        .. change.Joined.Select(it => $"{it.ConnectionId} joins as {it.Number} with {it.State} of {it.Stamp}"),
        .. change.Updated.Select(it => $"{it.Number} says {it.State} of {it.Stamp}"),
        .. change.Left.Select(it => $"{it} leaves"),
    ]);

    /// <summary>As Scripts/renew.lua.</summary>
    public (string Before, string[] Dead, int Run) Renew(string generation, TimeSpan lease, bool mayJudge, string[] known)
    {
        var (before, dead) = _leases.Renew(generation, NowMilliseconds, lease, mayJudge, known, judgesAtOnce: planted == Planted.ReapsAfterOutage);
        return (before, dead, Run);
    }

    /// <summary>Which of these there are: a node's sessions, and the rooms of a generation.</summary>
    public HashSet<string> FindKept(string node, string generation)
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        if (Sessions.Has(node)) kept.Add(node);
        if (_leases.IsIndexed(generation)) kept.Add(generation);
        return kept;
    }

    /// <summary>The members of a dead generation are removed.</summary>
    public void Reaped(string generation) => _leases.Reaped(generation, NowMilliseconds);

    public void Restart() => Run++;

    /// <summary>A fault: a part of it has lost everything, as one server of a cluster.</summary>
    /// <param name="isThere">Whether that part has something.</param>
    /// <param name="nodes">Names and generations of nodes.</param>
    public void EmptyPart(Func<bool> isThere, IEnumerable<(string Name, string Generation)> nodes)
    {
        foreach (var room in _rooms.Keys.Where(_ => isThere()).ToList()) _rooms.Remove(room);
        Forget(isThere, nodes);
    }

    /// <summary>A fault: it has lost sessions of nodes, or which rooms their members are in.</summary>
    public void Forget(Func<bool> isLost, IEnumerable<(string Name, string Generation)> nodes)
    {
        foreach (var (name, generation) in nodes)
        {
            if (isLost()) Sessions.Forget(name);
            if (isLost()) _leases.ForgetRoomsOf(generation);
        }
    }

    /// <summary>A fault: it has lost everything.</summary>
    public void Empty()
    {
        Restart();
        _rooms = new(StringComparer.Ordinal);
        _metadata = new(StringComparer.Ordinal);
        _sessions = null;
        _leases = new();
    }

    /// <summary>A fault: what is changed from now on in some rooms is lost when the result is called, as with one server of a cluster.</summary>
    public Action BeginToLag(Func<bool> isThere)
    {
        var rooms = _rooms.Where(_ => isThere()).ToDictionary(it => it.Key, it => it.Value.Copy(), StringComparer.Ordinal);
        return () =>
        {
            Restart();
            foreach (var (name, room) in rooms) _rooms[name] = room;
        };
    }

    /// <summary>A fault: what is changed from now on is lost when the result is called.</summary>
    public Action BeginToLag()
    {
        var rooms = _rooms.ToDictionary(it => it.Key, it => it.Value.Copy(), StringComparer.Ordinal);
        var metadata = new Dictionary<string, RawJson>(_metadata, StringComparer.Ordinal);
        var sessions = Sessions.Copy();
        var leases = _leases.Copy();
        return () =>
        {
            Restart();
            (_rooms, _metadata, _sessions, _leases) = (rooms, metadata, sessions, leases);
        };
    }
}
