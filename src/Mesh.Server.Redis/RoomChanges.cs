using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Tells Redis the changes of rooms. While it is told some of a room, others wait, and go together with the next call: a quiet room's
/// change goes at once, and a storm costs few round trips.
/// </summary>
internal sealed class RoomChanges(RoomScripts scripts)
{
    /// <summary>How many go with one call: no script may keep Redis from others for long.</summary>
    public const int MostAtOnce = 100;

    /// <summary>How many of a room may wait; beyond it a change is refused, as if Redis could not be reached.</summary>
    public const int MostWaiting = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<Change>> _waiting = new(StringComparer.Ordinal);

    /// <summary>Makes a change by one of the scripts that Scripts/changes.lua names.</summary>
    /// <returns>What it answers.</returns>
    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: Redis can't be reached, or too much waits already.</exception>
    public Task<RedisResult> MakeAsync(string script, string room, string generation, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var change = new Change([script, generation, arguments.Length, .. arguments]);
        lock (_gate)
        {
            if (_waiting.TryGetValue(room, out var waiting))
            {
                if (waiting.Count == MostWaiting) throw RedisConnection.Unavailable();
                waiting.Enqueue(change);
                return change.Answer.Task.WaitAsync(cancellationToken);
            }
            _waiting[room] = new();
        }
        _ = TellAsync(room, [change]);
        return change.Answer.Task.WaitAsync(cancellationToken);
    }

    private async Task TellAsync(string room, Change[] changes)
    {
        while (changes.Length > 0)
        {
            try
            {
                var answers = (RedisResult[])(await scripts.EvaluateAsync(RedisScripts.Changes, room, generation: "", [.. changes.SelectMany(static it => it.Arguments)], CancellationToken.None))!;
                foreach (var (change, answer) in changes.Zip(answers)) change.Take(answer);
                changes = Next(room, MostAtOnce);
            }
            catch (Exception failure)
            {
                // What waits would fail as well, and later.
                do
                {
                    foreach (var change in changes) change.Answer.TrySetException(failure);
                    changes = Next(room, MostWaiting);
                }
                while (changes.Length > 0);
            }
        }
    }

    private Change[] Next(string room, int most)
    {
        lock (_gate)
        {
            var waiting = _waiting[room];
            var next = new Change[Math.Min(most, waiting.Count)];
            for (var at = 0; at < next.Length; at++) next[at] = waiting.Dequeue();
            if (next.Length == 0) _waiting.Remove(room);
            return next;
        }
    }

    private sealed record Change(RedisValue[] Arguments)
    {
        public TaskCompletionSource<RedisResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(RedisResult answer)
        {
            if ((string)answer[0]! is not "Failed")
            {
                Answer.SetResult(answer);
                return;
            }
            var error = (string)answer[1]!;
            Answer.SetException(RedisConnection.IsNotNow(error) ? RedisConnection.Unavailable() : new RedisException(error));
        }
    }
}
