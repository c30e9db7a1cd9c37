using System.Runtime.InteropServices;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// The answers of whole rosters that this node has under way. Each keeps its bytes until they are sent, so whoever asks and does not read
/// keeps them, and in a room that changes each keeps others. Where that is too much in all, those end that have taken nothing for a while.
/// </summary>
internal sealed class SnapshotsUnderWay
{
    private const long MostBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan LongestStuck = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    // By how many receivers each is kept.
    private readonly Dictionary<object, int> _kept = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Transport> _receivers = [];
    private long _bytes;

    /// <summary>How many bytes are kept, those that receivers share once.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts what a receiver keeps, until it was sent.</summary>
    public void Begin(Transport receiver, ReadOnlyMemory<byte>[] parts, Task sent)
    {
        var kept = new List<(object, long)>(parts.Length);
        foreach (var part in parts)
            if (MemoryMarshal.TryGetArray(part, out var array) && array.Array is { } bytes) kept.Add((bytes, bytes.Length));
        Begin(receiver, kept, sent);
    }

    /// <summary>The same, of what is written only when its turn has come: until then the roster is kept.</summary>
    public void Begin(Transport receiver, Roster roster, Task sent) => Begin(receiver, [(roster, RosterBodies.Of(roster).Weight)], sent);

    private void Begin(Transport receiver, List<(object Key, long Bytes)> kept, Task sent)
    {
        Transport[] stuck = [];
        lock (_gate)
        {
            _receivers.Add(receiver);
            foreach (var (key, bytes) in kept) Count(key, bytes, 1);
            if (_bytes > MostBytes) stuck = [.. _receivers.Where(static it => it.StuckFor >= LongestStuck)];
        }
        foreach (var one in stuck) one.RequestClose(CloseCodes.SlowReceiver, "takes nothing that is sent");
        _ = EndAsync(receiver, kept, sent);
    }

    private async Task EndAsync(Transport receiver, List<(object Key, long Bytes)> kept, Task sent)
    {
        await sent;
        lock (_gate)
        {
            _receivers.Remove(receiver);
            foreach (var (key, bytes) in kept) Count(key, bytes, -1);
        }
    }

    private void Count(object key, long bytes, int receivers)
    {
        var before = _kept.GetValueOrDefault(key);
        var now = before + receivers;
        if (now == 0) _kept.Remove(key);
        else _kept[key] = now;
        if (before == 0) _bytes += bytes;
        else if (now == 0) _bytes -= bytes;
    }
}
