using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>The rooms this node has members or subscribers in.</summary>
internal sealed class RoomDirectory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private readonly IRoomStore _store;
    private readonly IOptions<MeshOptions> _options;
    private readonly Persistence _persistence;
    private readonly TimeProvider _time;
    private readonly ILogger<Room> _log;

    public RoomDirectory(IRoomStore store, IBackplane backplane, IOptions<MeshOptions> options, Persistence persistence, TimeProvider time, ILogger<Room> log)
    {
        (_store, _options, _persistence, _time, _log) = (store, options, persistence, time, log);
        backplane.Received += broadcast =>
        {
            if (broadcast.Room is { } name) Find(name)?.Own.Broadcast(broadcast);
        };
        store.Away += SuspectAll;
    }

    /// <summary>The room, listening to the store. Each call is paired with one <see cref="Room.Release"/>.</summary>
    public async ValueTask<Room> AcquireAsync(string name)
    {
        Room? room;
        lock (_gate)
        {
            if (!_rooms.TryGetValue(name, out room))
                _rooms[name] = room = new(name, _store, Forget, _options.Value, _persistence, _time, _log);
            room.Users++;
        }
        try
        {
            await room.Ready;
            return room;
        }
        catch
        {
            room.Release();
            throw;
        }
    }

    private void SuspectAll()
    {
        Room[] all;
        lock (_gate) all = [.. _rooms.Values];
        foreach (var room in all) room.Suspect();
    }

    private Room? Find(string name)
    {
        lock (_gate) return _rooms.GetValueOrDefault(name);
    }

    private bool Forget(Room room)
    {
        lock (_gate)
        {
            if (--room.Users > 0) return false;
            return _rooms.Remove(room.Name);
        }
    }
}
