namespace Mesh.Simulation;

/// <summary>The newest that a node has seen of each room it listens to, kept as RedisKnown keeps it.</summary>
internal sealed class KnownStamps
{
    private readonly Dictionary<string, (Stamp At, int Listeners)> _rooms = new(StringComparer.Ordinal);

    public Stamp? Of(string room) => _rooms.TryGetValue(room, out var known) && known.At != default ? known.At : null;

    public void See(string room, Stamp at)
    {
        if (_rooms.TryGetValue(room, out var known) && at > known.At) _rooms[room] = known with { At = at };
    }

    public void Keep(string room)
    {
        var known = _rooms.GetValueOrDefault(room);
        _rooms[room] = known with { Listeners = known.Listeners + 1 };
    }

    public void Release(string room)
    {
        var known = _rooms[room];
        if (known.Listeners == 1) _rooms.Remove(room);
        else _rooms[room] = known with { Listeners = known.Listeners - 1 };
    }
}
