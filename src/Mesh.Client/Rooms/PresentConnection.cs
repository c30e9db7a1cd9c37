using System.Text.Json;

namespace Mesh.Client;

/// <summary>A connection that is in a room.</summary>
/// <param name="Id">The connection's id.</param>
/// <param name="Metadata">Its metadata; null if it has none, or if that was not told.</param>
public sealed record PresentConnection(string Id, JsonElement? Metadata);
