using System.Text.Json;

namespace Mesh.Server.Tests;

/// <summary>Compares JSON by content: the keys exactly, in any order.</summary>
internal static class Json
{
    /// <summary>Stands for any number, or any string, in an expected text.</summary>
    public const string AnyNumber = "\"<number>\"", AnyText = "\"<text>\"";

    /// <summary>The cases of one of the files in protocol/vectors.</summary>
    public static IReadOnlyList<JsonElement> Vectors(string file) =>
        [.. JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "vectors", file)), new JsonDocumentOptions { MaxDepth = 256 }).EnumerateArray()];

    public static void ShouldBe(this JsonElement actual, string expected)
    {
        if (!Matches(actual, JsonElement.Parse(expected))) throw new ShouldAssertException($"Expected\n  {expected}\nbut was\n  {actual.GetRawText()}");
    }

    public static string Quote(string text) => JsonSerializer.Serialize(text);

    private static bool Matches(JsonElement actual, JsonElement expected) => (expected.ValueKind, actual.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) =>
            actual.EnumerateObject().Count() == expected.EnumerateObject().Count()
            && expected.EnumerateObject().All(it => actual.TryGetProperty(it.Name, out var value) && Matches(value, it.Value)),
        (JsonValueKind.Array, JsonValueKind.Array) =>
            actual.GetArrayLength() == expected.GetArrayLength() && actual.EnumerateArray().Zip(expected.EnumerateArray(), Matches).All(it => it),
        (JsonValueKind.String, JsonValueKind.Number) => expected.GetString() == "<number>",
        (JsonValueKind.String, JsonValueKind.String) when expected.GetString() == "<text>" => true,
        _ => JsonElement.DeepEquals(actual, expected),
    };
}
