using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// When each of the members that changed last has changed, for those who come back (protocol §9). What it has become is in the roster: so
/// a history weighs the same whatever the states do, and a diff of it no more than a snapshot. Used under the room's lock.
/// </summary>
/// <param name="length">Of how many members.</param>
internal sealed class RoomHistory(int length)
{
    // What one that has left takes in a diff, about.
    private const int LeftBytes = 8;

    // The longest ago first.
    private readonly LinkedList<Entry> _entries = new();
    private readonly Dictionary<int, LinkedListNode<Entry>> _byNumber = [];

    // What was compared names nobody who came and went in between: for a receiver from within that says too little.
    private readonly Queue<(long From, long To)> _jumps = new();
    private long? _epoch;
    private long _reachesTo;

    public void Add(RosterDiff change)
    {
        if (change.FromEpoch is not null || change.Epoch != _epoch)
        {
            // Nothing leads from one epoch to the next.
            _entries.Clear();
            _byNumber.Clear();
            _jumps.Clear();
            (_epoch, _reachesTo) = (change.Epoch, change.FromEpoch is null ? change.From : change.To);
            if (change.FromEpoch is not null) return;
        }
        if (change.To - change.From > 1) _jumps.Enqueue((change.From, change.To));
        foreach (var number in change.Left) Note(number, change.To, it => it with { HasLeft = true });
        foreach (var member in change.Joined) Note(member.Number, change.To, it => it with { HasLeft = false, Joined = change.To });
        foreach (var update in change.Updated)
        {
            Note(update.Number, change.To, it => it with
            {
                State = update.Stamp is null ? it.State : change.To,
                Metadata = update.Metadata.IsAbsent ? it.Metadata : change.To,
            });
        }
        while (_entries.Count > length) Forget(_entries.First!);
        while (_jumps.Count > length) _reachesTo = Math.Max(_reachesTo, _jumps.Dequeue().To);
        while (_jumps.TryPeek(out var oldest) && oldest.To <= _reachesTo) _jumps.Dequeue();
    }

    /// <summary>
    /// The diff from <paramref name="known"/> to the room as it is; null if the history does not reach back to it, or it has
    /// more than is left of the <paramref name="budget"/>.
    /// </summary>
    public RosterDiff? Since(Stamp known, Roster now, DiffBudget? budget = null)
    {
        if (known.Epoch != now.Epoch || known > now.At) return null;
        var diff = new RosterDiff { Epoch = now.Epoch, From = known.Revision, To = now.Revision };
        if (known == now.At) return diff;
        if (now.Epoch != _epoch || known.Revision < _reachesTo || _jumps.Any(it => it.From < known.Revision && known.Revision < it.To)) return null;
        var (joined, updated, left) = (new List<Member>(), new List<MemberUpdate>(), new List<int>());
        var bytes = 0;
        for (var node = _entries.Last; node is not null && node.Value.At > known.Revision; node = node.Previous)
        {
            var entry = node.Value;
            if (entry.HasLeft)
            {
                left.Add(entry.Number);
                bytes += LeftBytes;
                continue;
            }
            if (now.Find(entry.Number) is not { } member) continue;
            bytes += RosterBodies.MemberBytes;
            var hasJoined = entry.Joined > known.Revision;
            if (hasJoined || entry.State > known.Revision) bytes += member.State.Utf8.Length;
            if (hasJoined || entry.Metadata > known.Revision) bytes += member.Metadata.Utf8.Length;
            if (bytes > budget?.Left) return null;
            if (hasJoined) joined.Add(member);
            else updated.Add(UpdateOf(member, entry, known.Revision));
        }
        if (budget?.TryTake(bytes) is false) return null;
        return diff with
        {
            Joined = [.. joined.OrderBy(it => it.Number)],
            Updated = [.. updated.OrderBy(it => it.Number)],
            Left = [.. left.Order()],
        };
    }

    private static MemberUpdate UpdateOf(Member member, Entry entry, long known)
    {
        var update = new MemberUpdate { Number = member.Number };
        if (entry.State > known) update = update with { State = member.State, Stamp = member.Stamp, Deadline = member.Deadline };
        return entry.Metadata > known ? update with { Metadata = member.Metadata.IsAbsent ? RawJson.Null : member.Metadata } : update;
    }

    private void Note(int number, long revision, Func<Entry, Entry> change)
    {
        if (!_byNumber.TryGetValue(number, out var node)) _byNumber[number] = node = new(new(number));
        else _entries.Remove(node);
        node.Value = change(node.Value) with { At = revision };
        _entries.AddLast(node);
    }

    private void Forget(LinkedListNode<Entry> oldest)
    {
        _reachesTo = Math.Max(_reachesTo, oldest.Value.At);
        _byNumber.Remove(oldest.Value.Number);
        _entries.Remove(oldest);
    }

    /// <summary>When a member has changed, by the room's revisions; 0: not since it is remembered.</summary>
    private readonly record struct Entry(int Number)
    {
        public long At { get; init; }

        public long Joined { get; init; }

        public long State { get; init; }

        public long Metadata { get; init; }

        public bool HasLeft { get; init; }
    }
}
