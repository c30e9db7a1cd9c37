using System.Text.Json;

namespace Mesh.Server.Tests;

/// <summary>One text message that a client received.</summary>
internal sealed record Frame(string Text)
{
    public JsonElement Root { get; } = JsonElement.Parse(Text);

    public string Command => Root.GetProperty("command").GetString()!;

    public string? Id => Root.TryGetProperty("id", out var id) ? id.GetRawText() : null;

    public JsonElement Payload => Root.GetProperty("payload");

    public override string ToString() => Text;
}
