using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>A node's changes of rooms, told as RoomChanges tells them: while it tells some of a room, others wait and go together.</summary>
internal sealed class NodeRoomChanges(SimulatedStore store, StoreLink link, KnownStamps known)
{
    private const int MostAtOnce = 100;

    private readonly Dictionary<string, Queue<Change>> _waiting = new(StringComparer.Ordinal);

    /// <param name="room">Which room.</param>
    /// <param name="script">Changes it; told the newest that the node has seen of it.</param>
    public Task<RoomChange> MakeAsync(string room, Func<StoredRoom, Stamp?, RoomChange> script)
    {
        var change = new Change(script);
        if (_waiting.TryGetValue(room, out var waiting))
        {
            waiting.Enqueue(change);
        }
        else
        {
            _waiting[room] = new();
            _ = TellAsync(room, [change]);
        }
        return change.Answer.Task;
    }

    private async Task TellAsync(string room, Change[] changes)
    {
        while (changes.Length > 0)
        {
            try
            {
                var (some, seen) = (changes, known.Of(room));
                var answers = await link.AskAsync(() =>
                {
                    var stored = store.Open(room, seen);
                    return some.Select(it => it.Script(stored, seen) with { Timestamp = store.NowMilliseconds }).ToList();
                });
                foreach (var (change, answer) in changes.Zip(answers)) change.Answer.SetResult(answer);
                changes = Next(room, MostAtOnce);
            }
            catch (MeshException away)
            {
                // What waits would fail as well, and later.
                do
                {
                    foreach (var change in changes) change.Answer.SetException(away);
                    changes = Next(room, int.MaxValue);
                }
                while (changes.Length > 0);
            }
        }
    }

    private Change[] Next(string room, int most)
    {
        var waiting = _waiting[room];
        Change[] next = [.. Enumerable.Range(0, Math.Min(most, waiting.Count)).Select(_ => waiting.Dequeue())];
        if (next.Length == 0) _waiting.Remove(room);
        return next;
    }

    private sealed record Change(Func<StoredRoom, Stamp?, RoomChange> Script)
    {
        public TaskCompletionSource<RoomChange> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
