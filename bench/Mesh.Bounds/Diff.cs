using System.Text.Json;

namespace Mesh.Bounds;

/// <summary>What the payload of a diff says, read without making anything of it.</summary>
internal static class Diff
{
    /// <summary>Those who joined, by connection id and number.</summary>
    public static IEnumerable<(string ConnectionId, int Number)> Joined(JsonElement diff) =>
        List(diff, "joined").Select(member => (member.GetProperty("connectionId").GetString()!, member.GetProperty("number").GetInt32()));

    public static bool HasJoined(JsonElement diff, string connectionId) =>
        List(diff, "joined").Any(member => member.GetProperty("connectionId").ValueEquals(connectionId));

    public static bool HasLeft(JsonElement diff, int number) =>
        List(diff, "left").Any(left => left.GetInt32() == number);

    public static bool HasPublished(JsonElement diff, string mark) =>
        List(diff, "updated").Concat(List(diff, "joined")).Any(member => member.TryGetProperty("state", out var state) && state.GetProperty("mark").ValueEquals(mark));

    private static IEnumerable<JsonElement> List(JsonElement diff, string name) =>
        diff.TryGetProperty(name, out var list) ? list.EnumerateArray() : Enumerable.Empty<JsonElement>();
}
