using System.Collections.ObjectModel;
using System.Text.Json;

namespace Mesh.Client;

/// <summary>Who is in a room, connection by connection, at the moment of the answer.</summary>
public sealed record RoomPresence
{
    /// <summary>False where presence is not tracked, or guarded: then nothing is told.</summary>
    public required bool Success { get; init; }

    /// <summary>The connections in the room, in the order of joining.</summary>
    public IReadOnlyList<PresentConnection> Present { get; init; } = [];

    /// <summary>The states by connection id, where they were asked for; connections without state are not in it.</summary>
    public IReadOnlyDictionary<string, JsonElement> States { get; init; } = ReadOnlyDictionary<string, JsonElement>.Empty;
}
