using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>A frame that a <see cref="PlainClient"/> received.</summary>
/// <param name="At">When, since the client connected.</param>
/// <param name="Json">The frame.</param>
public sealed record ReceivedFrame(TimeSpan At, JsonElement Json)
{
    /// <summary>Of a response.</summary>
    public int? Id { get; } = Json.TryGetProperty("id", out var id) ? id.GetInt32() : null;

    public string Command { get; } = Json.GetProperty("command").GetString()!;

    public JsonElement Payload => Json.GetProperty("payload");

    /// <summary>A member of the payload.</summary>
    public string? this[string name] => Payload.TryGetProperty(name, out var value) ? value.GetString() : null;

    public override string ToString() => $"{At.TotalSeconds:0.000} {Json}";
}
