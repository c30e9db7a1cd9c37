using System.Runtime.InteropServices;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// The answers of whole rosters that this node has under way. Each keeps its bytes until they are sent, so whoever asks and does not read,
/// or reads little, keeps them, and in a room that changes each keeps others. Where that is too much in all, those end that are at it
/// longest, until it is not: first those that keep much and take nothing, then others that keep much.
/// </summary>
internal sealed class SnapshotsUnderWay(TimeProvider time)
{
    private const long MostBytes = 64 * 1024 * 1024;

    // Who takes what is sent within this time is never asked to leave.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Of those who keep less there may be many: they come last. To end whoever keeps next to nothing is no help.
    private const long Much = 64 * 1024, Little = 4 * 1024;

    private readonly Lock _gate = new();
    // By how many answers each is kept, and since when by the last of them.
    private readonly Dictionary<object, (int Answers, long Since)> _kept = new(ReferenceEqualityComparer.Instance);
    // The longest under way first.
    private readonly LinkedList<Answer> _answers = new();
    private long _bytes;

    /// <summary>How many bytes are kept, those that receivers share once.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts what a receiver keeps, until it was sent.</summary>
    public void Begin(Transport receiver, ReadOnlyMemory<byte>[] parts, Task sent)
    {
        var kept = new List<(object, long)>(parts.Length);
        foreach (var part in parts)
            if (MemoryMarshal.TryGetArray(part, out var array) && array.Array is { } bytes) kept.Add((bytes, bytes.Length));
        Begin(new(receiver, kept, time.GetTimestamp()), sent);
    }

    /// <summary>The same, of what is written only when its turn has come: until then the roster is kept.</summary>
    public void Begin(Transport receiver, Roster roster, Task sent) =>
        Begin(new(receiver, [(roster, RosterBodies.Of(roster).Weight)], time.GetTimestamp()), sent);

    private void Begin(Answer answer, Task sent)
    {
        var late = new List<Transport>();
        LinkedListNode<Answer> node;
        lock (_gate)
        {
            node = _answers.AddLast(answer);
            Count(answer, 1);
            if (_bytes > MostBytes)
            {
                TakeLate(late, it => Frees(it) >= Much && it.Receiver.StuckFor >= Patience);
                TakeLate(late, it => Frees(it) >= Much);
                TakeLate(late, it => Frees(it) >= Little);
            }
        }
        _ = EndAsync(node, sent);
        foreach (var one in late) one.CloseAtOnce(CloseCodes.SlowReceiver, "takes too long for what is sent");
    }

    private void TakeLate(List<Transport> late, Func<Answer, bool> isMeant)
    {
        for (var node = _answers.First; _bytes > MostBytes && node is not null && IsLate(node.Value.Since);)
        {
            var (answer, next) = (node.Value, node.Next);
            if (isMeant(answer))
            {
                Remove(node);
                late.Add(answer.Receiver);
            }
            node = next;
        }
    }

    // What others keep, too, who are not late, is not freed by its end.
    private long Frees(Answer answer) => answer.Kept.Where(it => IsLate(_kept[it.Key].Since)).Sum(it => it.Bytes);

    private bool IsLate(long since) => time.GetElapsedTime(since) >= Patience;

    private async Task EndAsync(LinkedListNode<Answer> node, Task sent)
    {
        await sent;
        lock (_gate) Remove(node);
    }

    private void Remove(LinkedListNode<Answer> node)
    {
        if (node.List is null) return;
        _answers.Remove(node);
        Count(node.Value, -1);
    }

    private void Count(Answer answer, int by)
    {
        foreach (var (key, bytes) in answer.Kept)
        {
            var (before, since) = _kept.GetValueOrDefault(key);
            var now = before + by;
            if (now == 0) _kept.Remove(key);
            else _kept[key] = (now, by > 0 ? answer.Since : since);
            if (before == 0) _bytes += bytes;
            else if (now == 0) _bytes -= bytes;
        }
    }

    /// <summary>What one receiver keeps, and since when.</summary>
    private sealed record Answer(Transport Receiver, List<(object Key, long Bytes)> Kept, long Since);
}
