using System.Collections.Concurrent;
using Mesh.Protocol;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>The store of a single node: rooms live in this process, and end with it.</summary>
internal sealed class MemoryRoomStore(IOptions<MeshOptions> options, TimeProvider time) : IRoomStore
{
    private readonly ConcurrentDictionary<string, MemoryRoom> _rooms = new(StringComparer.Ordinal);
    private readonly Lock _epochGate = new();
    private long _lastEpoch;

    // It holds what it holds as long as the process lives.
    event Func<Task>? IRoomStore.MembersLost
    {
        add { }
        remove { }
    }

    event Action? IRoomStore.Away
    {
        add { }
        remove { }
    }

    public ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken) =>
        new(InRoom(room, it => it.Join(member, state, options.Value.MembersPerRoom)));

    public ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken) =>
        new(InRoom(room, it => it.SetState(connectionId, state)));

    public ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken) =>
        new(InRoom(room, it => it.SetMemberMetadata(connectionId, metadata)));

    public ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken) =>
        new(InRoom(room, it => it.Leave(connectionId)));

    public ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken) => new(InRoom(room, it => it.Roster));

    public ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken) => new(InRoom(room, it => it.Metadata));

    public ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken)
    {
        InRoom(room, it => it.Metadata = metadata);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken)
    {
        InRoom(room, it => it.Listener += listener);
        return new(new Listening(this, room, listener));
    }

    // Everything about a room happens under its lock. A room that nothing keeps is dropped under the same lock, so
    // one that was dropped meanwhile is never changed: the next try finds or makes another.
    private T InRoom<T>(string name, Func<MemoryRoom, T> act)
    {
        while (true)
        {
            var room = _rooms.GetOrAdd(name, static (it, store) => new MemoryRoom(it, store.NextEpoch(), store.Now), this);
            lock (room.Gate)
            {
                if (room.IsDropped) continue;
                try
                {
                    return act(room);
                }
                finally
                {
                    if (room.IsUnused)
                    {
                        room.IsDropped = true;
                        _rooms.TryRemove(name, out _);
                    }
                }
            }
        }
    }

    // Epochs are microseconds since 1970, and rise even when the clock does not.
    private long NextEpoch()
    {
        lock (_epochGate)
            return _lastEpoch = Math.Max(_lastEpoch + 1, time.GetUtcNow().Subtract(DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Listening(MemoryRoomStore store, string room, Action<RoomEvent> listener) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            store.InRoom(room, it => it.Listener -= listener);
            return ValueTask.CompletedTask;
        }
    }
}
