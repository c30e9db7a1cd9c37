using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The last changes of a room, for those who come back (protocol §9). Used under the room's lock.</summary>
internal sealed class RoomHistory(int length)
{
    private const long MostBytes = 1024 * 1024;

    private readonly Queue<RosterDiff> _changes = new();
    private long _bytes;

    public void Add(RosterDiff change)
    {
        if (change.FromEpoch is not null)
        {
            // Nothing leads from one epoch to the next.
            _changes.Clear();
            _bytes = 0;
            return;
        }
        _changes.Enqueue(change);
        _bytes += SizeOf(change);
        while (_changes.Count > length || _bytes > MostBytes) _bytes -= SizeOf(_changes.Dequeue());
    }

    /// <summary>The diff from <paramref name="known"/> to <paramref name="now"/>; null if the changes do not reach back to it.</summary>
    public RosterDiff? Since(Stamp known, Stamp now)
    {
        if (known.Epoch != now.Epoch || known > now) return null;
        if (known == now) return new() { Epoch = now.Epoch, From = now.Revision, To = now.Revision };
        if (_changes.Count == 0 || _changes.Peek() is { } oldest && (oldest.Epoch != known.Epoch || oldest.From > known.Revision)) return null;
        var diff = new RosterDiffBuilder();
        foreach (var change in _changes)
        {
            if (change.To <= known.Revision) continue;
            // What was compared names nobody who came and went in between, and a receiver from in between may have them.
            if (change.From < known.Revision) return null;
            diff.Add(change);
        }
        return diff.Build();
    }

    // What states and metadata weigh; the rest is small.
    private static long SizeOf(RosterDiff change) =>
        change.Joined.Sum(it => it.State.Utf8.Length + it.Metadata.Utf8.Length) + change.Updated.Sum(it => it.State.Utf8.Length + it.Metadata.Utf8.Length);
}
