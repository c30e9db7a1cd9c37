using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>The rooms this node has members or subscribers in; a large one stays for a while after the last of them.</summary>
internal sealed class RoomDirectory
{
    // To read a larger room again costs the store more than to follow it for a while.
    private const int Large = 100;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    // Those that nobody uses, or has begun to use again, and until when they stay.
    private readonly Dictionary<Room, ITimer> _lingering = [];
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
            if (room.Count >= Large && !_lingering.ContainsKey(room))
            {
                room.Users = 1;
                _lingering[room] = _time.CreateTimer(_ => EndLinger(room), null, Linger, Timeout.InfiniteTimeSpan);
                return false;
            }
            NoLongerLinger(room);
            return _rooms.Remove(room.Name);
        }
    }

    private void EndLinger(Room room)
    {
        lock (_gate)
        {
            if (room.Users > 1)
            {
                room.Users--;
                NoLongerLinger(room);
                return;
            }
        }
        room.Release();
    }

    private void NoLongerLinger(Room room)
    {
        if (_lingering.Remove(room, out var timer)) timer.Dispose();
    }
}
