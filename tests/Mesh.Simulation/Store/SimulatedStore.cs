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

    /// <summary>Another one after each restart.</summary>
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

    public void Restart() => Run++;

    /// <summary>A fault: it has lost everything.</summary>
    public void Empty()
    {
        Restart();
        _rooms = new(StringComparer.Ordinal);
        _metadata = new(StringComparer.Ordinal);
        _sessions = null;
        _leases = new();
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
