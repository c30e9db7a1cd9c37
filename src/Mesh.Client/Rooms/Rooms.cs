using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The rooms that anybody in this client wants, and what the server sends about them. To be used with the gate held.</summary>
internal sealed class Rooms(ClientGate gate, TimeSpan commandTimeout, CallbackQueue callbacks, Func<string?> connectionId, Action<MeshException> report)
{
    private const int MostInFrame = 100;

    /// <summary>What a frame needs besides its rooms, generously.</summary>
    private const int FrameBytes = 1024;

    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    // Left, as far as this client goes, but the server has not said so: a resumed connection may still be in them.
    private readonly HashSet<string> _departed = new(StringComparer.Ordinal);
    private readonly HashSet<Room> _soon = [];
    private Link? _link;
    private Session? _session;

    public ClientGate Gate => gate;

    public TimeSpan CommandTimeout => commandTimeout;

    public CallbackQueue Callbacks => callbacks;

    public string? ConnectionId => connectionId();

    /// <summary>The user that the server has verified this client to be, on the connection at hand or the last one.</summary>
    public string? UserId => _session?.UserId;

    /// <summary>Why the client will not come back by itself; null while it may.</summary>
    public MeshException? Ended { get; private set; }

    public void Report(MeshException error) => report(error);

    /// <returns>The room, to be released by who does not want anything of it after all.</returns>
    public Room Get(string name)
    {
        if (_rooms.TryGetValue(name, out var room)) return room;
        _rooms[name] = room = new(name, this);
        if (_link is not null) room.Open(_link, _session!);
        return room;
    }

    /// <summary>A connection stands: enters all rooms, in one frame if it can be.</summary>
    public void Open(Link link, Session session)
    {
        var (isFirst, isAnother) = (_session is null, session.UserId != UserId);
        (_link, _session) = (link, session);
        if (isAnother)
            foreach (var room in _rooms.Values) room.BelongTo(UserId, keepsWord: isFirst);
        var departed = _departed.Where(name => !_rooms.TryGetValue(name, out var room) || !room.WantsMembership).ToList();
        _departed.Clear();
        if (session.IsResumed)
            foreach (var name in departed) Leave(name, link, _ => { });
        Enter(_rooms.Values.Select(room => room.Open(link, session)));
    }

    /// <param name="code">What the connection ended with.</param>
    public void Closed(int code)
    {
        _link = null;
        foreach (var room in _rooms.Values.ToList()) room.Closed(code);
    }

    /// <summary>The client is connecting: it is worth waiting.</summary>
    public void Begin() => Ended = null;

    /// <summary>The client will not come back by itself.</summary>
    public void End(MeshException error)
    {
        Ended = error;
        _departed.Clear();
        foreach (var room in _rooms.Values.ToList()) room.End(error);
    }

    public void Take(RosterDiff diff)
    {
        if (diff.RoomName is not null && _rooms.TryGetValue(diff.RoomName, out var room)) room.Take(diff);
    }

    public void Take(PlainUpdate update)
    {
        if (update.IsWhole && _rooms.TryGetValue(update.RoomName!, out var room)) room.Take(update);
    }

    /// <summary>A subscription to a room has ended, and perhaps there is another already.</summary>
    public void Unsubscribed(string name)
    {
        if (_rooms.TryGetValue(name, out var room)) room.NoLongerStale();
    }

    /// <summary>Nobody wants the room any more.</summary>
    public void Drop(Room room)
    {
        if (_rooms.GetValueOrDefault(room.Name) != room) return;
        _rooms.Remove(room.Name);
        if (_link is null) _departed.Add(room.Name);
    }

    /// <summary>Leaves a room, whether the server thinks that this is a member or not. Without a connection: as soon as there is one.</summary>
    /// <exception cref="MeshException">There is no connection, or the server refuses.</exception>
    public Task LeaveAsync(string name)
    {
        _departed.Add(name);
        if (_link is not { } link) return Task.FromException(Errors.Closed(CommandNames.LeaveRoom));
        var left = Completions.Create();
        Leave(name, link, error =>
        {
            if (error is null) left.TrySetResult();
            else left.Fail(error);
        });
        return left.Task;
    }

    /// <summary>Enters a room in a moment, together with others that are entered meanwhile.</summary>
    public void EnterSoon(Room room)
    {
        _soon.Add(room);
        if (_soon.Count == 1) gate.Later(EnterNow);
    }

    public void Enter(IEnumerable<EnterPart?> entries)
    {
        if (_link is not { } link) return;
        foreach (var part in Split([.. entries.OfType<EnterPart>()], link.MessageLimit - FrameBytes))
        {
            link.Request(
                CommandNames.Enter,
                new EnterRequest([.. part.Select(entry => entry.Body)]),
                ClientJson.Default.EnterRequest,
                ClientJson.Default.EnterResult,
                commandTimeout,
                (result, error) =>
                {
                    for (var at = 0; at < part.Count; at++)
                    {
                        var room = result?.Rooms?.ElementAtOrDefault(at);
                        part[at].Answered(room, error ?? (room is null ? Errors.Unreadable(CommandNames.Enter) : null));
                    }
                });
        }
    }

    private void EnterNow()
    {
        Room[] rooms = [.. _soon];
        _soon.Clear();
        Enter(rooms.Select(room => room.EnterNow()));
    }

    private void Leave(string name, Link link, Action<MeshException?> told)
    {
        _departed.Add(name);
        link.Request(CommandNames.LeaveRoom, ClientJson.Write(new(name), ClientJson.Default.RoomRequest), _ => true, commandTimeout, (_, error) =>
        {
            if (error is null && _link == link) _departed.Remove(name);
            told(error);
        });
    }

    // In as few frames as the server's limits allow.
    private static List<List<EnterPart>> Split(IReadOnlyList<EnterPart> entries, int limit)
    {
        List<List<EnterPart>> parts = [];
        var left = 0;
        foreach (var entry in entries)
        {
            var bytes = entry.Body.Utf8.Length + 1;
            if (parts.Count == 0 || bytes > left || parts[^1].Count == MostInFrame)
            {
                parts.Add([]);
                left = limit;
            }
            parts[^1].Add(entry);
            left -= bytes;
        }
        return parts;
    }
}
