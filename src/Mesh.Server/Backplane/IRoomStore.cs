using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// The truth about rooms: each change is one atomic step that raises the room's revision by one and tells the listeners.
/// A backend replaces it together with <see cref="IBackplane"/>.
/// </summary>
/// <remarks>
/// A room exists while it has members or metadata; one that came back has a higher epoch. An unchanged room raises
/// no revision and tells nobody. Room names and sizes are validated before they get here. What can't be reached answers with a
/// <see cref="MeshException"/> of <c>EUNAVAILABLE</c>; whether the change was made is not known then.
/// </remarks>
public interface IRoomStore
{
    /// <summary>
    /// Told that the store may no longer hold what this node had there: its sessions are saved anew, its connections join again. What is
    /// returned ends once all have, as far as they could.
    /// </summary>
    event Func<Task>? MembersLost;

    /// <summary>Told that the store is out of reach: what was read before may be stale until it can be read again.</summary>
    event Action? Away;

    /// <summary>Adds a member, with its state if <paramref name="state"/> is given: one change. For a member, only the state is looked at.</summary>
    ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken);

    /// <summary>Publishes, restores or expires a member's state.</summary>
    ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken);

    /// <summary>Replaces a member's copy of its connection's metadata; absent removes it.</summary>
    ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken);

    /// <summary>Removes a member and its state.</summary>
    ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken);

    /// <summary>The room's present roster; an empty one if there is no such room.</summary>
    ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken);

    /// <summary>The room's own metadata; absent if it has none.</summary>
    ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken);

    /// <summary>Replaces the room's own metadata; absent removes it. No change of the roster.</summary>
    ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken);

    /// <summary>
    /// Tells <paramref name="listener"/> each change of the room from now on, in order, until the result is disposed. A listener that
    /// finds a revision missing reads the room again, and so it does when <paramref name="missed"/> says that changes may be
    /// missing, the last ones too. Both must return quickly and not call the store.
    /// </summary>
    ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken);
}
