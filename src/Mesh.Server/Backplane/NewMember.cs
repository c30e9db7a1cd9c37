using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What a connection brings when it joins a room.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">Who the server verified it to be, if anyone.</param>
/// <param name="Sibling">The opaque id that connections of one user share in this room, if it has a session.</param>
/// <param name="Metadata">The connection's metadata; absent if none.</param>
/// <param name="Moves">How often the connection has moved from node to node: with less than the member has had, a join is refused.</param>
public sealed record NewMember(string ConnectionId, string? UserId = null, string? Sibling = null, RawJson Metadata = default, int Moves = 0)
{
    /// <summary>
    /// True for one that the node has as a member, and the store perhaps no longer: it is put back, also where others have filled the room
    /// meanwhile.
    /// </summary>
    public bool IsPutBack { get; init; }
}
