using System.Text.Json;

namespace Mesh.Client;

/// <summary>What happened in a room, connection by connection (protocol §7).</summary>
/// <param name="Type">What it is.</param>
/// <param name="ConnectionId">Whose.</param>
/// <param name="RoomName">Where.</param>
/// <param name="Timestamp">When it was told.</param>
public sealed record PresenceUpdate(PresenceUpdateType Type, string ConnectionId, string RoomName, DateTimeOffset Timestamp)
{
    /// <summary>With <see cref="PresenceUpdateType.State"/>: the state; null: none any more.</summary>
    public JsonElement? State { get; init; }

    /// <summary>With <see cref="PresenceUpdateType.Join"/>: the connection's metadata; null if it has none.</summary>
    public JsonElement? Metadata { get; init; }
}
