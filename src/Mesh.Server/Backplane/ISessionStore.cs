using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// Which node has a session's connection, so that its client can resume on any of them (protocol §8). A backend replaces it together
/// with <see cref="IRoomStore"/>. What can't be reached answers with a <see cref="MeshException"/> of <c>EUNAVAILABLE</c>.
/// </summary>
public interface ISessionStore
{
    /// <summary>Told the id of a connection of this node that another node has taken, and how often it has moved by that.</summary>
    event Action<string, int>? Taken;

    /// <summary>A token by which the connection can be resumed on any node, once it is saved. Not to be guessed.</summary>
    string NewToken(string connectionId);

    /// <summary>Saves how a connection of this node can be resumed, in place of what was saved before.</summary>
    /// <returns>False, and nothing is saved, if another node has taken the connection.</returns>
    ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken);

    /// <summary>Takes a connection from the node that has it. Of several that try, one succeeds.</summary>
    ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken);

    /// <summary>Ends a session of this node: nothing resumes it from now on.</summary>
    /// <returns>False if another node has taken the connection.</returns>
    ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken);
}
