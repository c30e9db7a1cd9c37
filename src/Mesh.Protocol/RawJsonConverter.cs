using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>Reads and writes a <see cref="RawJson"/> as it is; JSON <c>null</c> is a value like any other.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return RawJson.Null;
        using var document = JsonDocument.ParseValue(ref reader);
        return RawJson.FromElement(document.RootElement);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRawValue(value.IsAbsent ? "null"u8 : value.Utf8.Span, skipInputValidation: true);
    }
}
