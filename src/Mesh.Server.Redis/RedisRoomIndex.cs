using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// In which rooms this node may have members, for whoever removes them should it die. A room is noted before the first join, and taken
/// back a while after the last leave.
/// </summary>
internal sealed class RedisRoomIndex(RedisConnection redis, RedisNames names, TimeProvider time)
{
    private const int AtOnce = 64;
    private const long NotWritten = -1;

    // What was sent is long over by then, or never comes.
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Generation, string Room), Note> _notes = [];
    private long _last;

    // How often Redis may have lost what was written.
    private long _losses;

    /// <summary>Makes a join, after it was noted that there may be members.</summary>
    public async ValueTask<RoomChange> JoinAsync(string generation, string room, Func<ValueTask<RoomChange>> join)
    {
        var note = Begin((generation, room));
        var isMember = false;
        try
        {
            if (note.WrittenAfter != Volatile.Read(ref _losses))
            {
                var losses = Volatile.Read(ref _losses);
                await redis.EvaluateAsync(RedisScripts.IndexRoom, [names.RoomsOf(generation)], [room, note.Number], CancellationToken.None);
                note.WrittenAfter = losses;
            }
            var change = await join();
            isMember = change.Outcome is ChangeOutcome.Changed or ChangeOutcome.Unchanged;
            return change;
        }
        finally
        {
            lock (_gate)
            {
                note.Joins--;
                if (!isMember) note.LeftAt = time.GetTimestamp();
            }
        }
    }

    /// <summary>Notes that a member has left.</summary>
    public void Leave(string generation, string room)
    {
        lock (_gate)
            if (_notes.TryGetValue((generation, room), out var note)) note.LeftAt = time.GetTimestamp();
    }

    /// <summary>Redis may have lost all: it is written again.</summary>
    public void Lose()
    {
        lock (_gate) _losses++;
    }

    /// <summary>Whether Redis has rooms of the generation, as far as this node knows.</summary>
    public bool IsWritten(string generation)
    {
        lock (_gate) return _notes.Any(it => it.Key.Generation == generation && it.Value.WrittenAfter == _losses);
    }

    /// <summary>The rooms of a generation of this node, which Redis may have lost.</summary>
    public string[] Find(string generation)
    {
        lock (_gate) return [.. _notes.Keys.Where(it => it.Generation == generation).Select(static it => it.Room)];
    }

    /// <summary>Forgets a generation, whose members are removed.</summary>
    public void Forget(string generation)
    {
        lock (_gate)
            foreach (var key in _notes.Keys.Where(it => it.Generation == generation).ToArray()) _notes.Remove(key);
    }

    /// <summary>Takes back the rooms that have been without members of this node for a while.</summary>
    public async Task ShrinkAsync()
    {
        KeyValuePair<(string, string), Note>[] due;
        lock (_gate) due = [.. _notes.Where(it => it.Value is { Joins: 0, LeftAt: { } left } && time.GetElapsedTime(left) >= Unused)];
        foreach (var some in due.Chunk(AtOnce)) await Task.WhenAll(some.Select(it => ForgetAsync(it.Key, it.Value)));
    }

    private Note Begin((string, string) key)
    {
        lock (_gate)
        {
            if (!_notes.TryGetValue(key, out var note)) _notes[key] = note = new(++_last);
            note.Joins++;
            note.LeftAt = null;
            return note;
        }
    }

    private async Task ForgetAsync((string Generation, string Room) key, Note note)
    {
        var left = note.LeftAt;
        var isUsed = await (await redis.DatabaseAsync()).HashExistsAsync(names.Room(key.Room), $"l:{key.Generation}");
        lock (_gate)
        {
            if (note.Joins > 0 || note.LeftAt != left) return;
            note.LeftAt = null;
            if (isUsed) return;
            // A join from now on is another note, which this does not take back.
            _notes.Remove(key);
        }
        try
        {
            await redis.EvaluateAsync(RedisScripts.ForgetRoom, [names.RoomsOf(key.Generation)], [key.Room, note.Number], CancellationToken.None);
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            lock (_gate)
            {
                note.WrittenAfter = NotWritten;
                note.LeftAt = time.GetTimestamp();
                _notes.TryAdd(key, note);
            }
        }
    }

    private sealed class Note(long number)
    {
        public long Number { get; } = number;

        /// <summary>How many joins are under way.</summary>
        public int Joins { get; set; }

        /// <summary>When somebody last left, or did not get in; null if nobody has since.</summary>
        public long? LeftAt { get; set; }

        /// <summary>After how many losses it was written to Redis.</summary>
        public long WrittenAfter { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = NotWritten;
    }
}
