using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The newest epoch and revision that this node has seen of each room it listens to: Scripts/room.lua is told, and sees what Redis has lost.</summary>
internal sealed class RedisKnown
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Stamp At, int Listeners)> _rooms = new(StringComparer.Ordinal);

    public Stamp? Of(string room)
    {
        lock (_gate) return _rooms.TryGetValue(room, out var known) && known.At != default ? known.At : null;
    }

    /// <summary>Notes what an event or an answer says of a room.</summary>
    public void See(string room, Stamp at)
    {
        lock (_gate)
            if (_rooms.TryGetValue(room, out var known) && at > known.At) _rooms[room] = known with { At = at };
    }

    /// <summary>Keeps what is known of a room until the result is disposed.</summary>
    public IDisposable Keep(string room)
    {
        lock (_gate)
        {
            var known = _rooms.GetValueOrDefault(room);
            _rooms[room] = known with { Listeners = known.Listeners + 1 };
        }
        return new Kept(this, room);
    }

    private void Release(string room)
    {
        lock (_gate)
        {
            var known = _rooms[room];
            if (known.Listeners == 1) _rooms.Remove(room);
            else _rooms[room] = known with { Listeners = known.Listeners - 1 };
        }
    }

    private sealed class Kept(RedisKnown known, string room) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) known.Release(room);
        }
    }
}
