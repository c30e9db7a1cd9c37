using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>One change of a room, as the store tells it.</summary>
/// <param name="Room">The room.</param>
/// <param name="Change">The change: from one revision to the next.</param>
/// <param name="Silent">True if plain subscribers are not told the state.</param>
/// <param name="Timestamp">When it happened, in milliseconds since 1970.</param>
public sealed record RoomEvent(string Room, RosterDiff Change, bool Silent, long Timestamp);
