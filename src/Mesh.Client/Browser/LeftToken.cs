using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Client;

/// <summary>A token that a page left: written as the array <c>[token, time, place]</c>.</summary>
/// <param name="Token">The token.</param>
/// <param name="Time">When it was left, in milliseconds since 1970.</param>
/// <param name="Place">Which of its page's clients left it.</param>
[JsonConverter(typeof(Converter))]
internal sealed record LeftToken(string Token, double Time, int Place)
{
    internal sealed class Converter : JsonConverter<LeftToken>
    {
        public override LeftToken Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var json = JsonDocument.ParseValue(ref reader);
            var (root, time, place) = (json.RootElement, 0.0, 0);
            return root is { ValueKind: JsonValueKind.Array } && root.GetArrayLength() == 3
                && root[0] is { ValueKind: JsonValueKind.String } token
                && root[1] is { ValueKind: JsonValueKind.Number } && root[1].TryGetDouble(out time)
                && root[2] is { ValueKind: JsonValueKind.Number } && root[2].TryGetInt32(out place)
                ? new(token.GetString()!, time, place)
                : throw new JsonException("No token that was left.");
        }

        public override void Write(Utf8JsonWriter writer, LeftToken value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(value.Token);
            writer.WriteNumberValue(value.Time);
            writer.WriteNumberValue(value.Place);
            writer.WriteEndArray();
        }
    }
}
