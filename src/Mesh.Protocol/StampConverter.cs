using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>Reads and writes a <see cref="Stamp"/> as <c>[epoch, revision]</c>, both integers from 0 to 2^53-1.</summary>
public sealed class StampConverter : JsonConverter<Stamp>
{
    private const long Largest = (1L << 53) - 1;

    /// <inheritdoc/>
    public override Stamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("A stamp is [epoch, revision].");
        var stamp = new Stamp(ReadPart(ref reader), ReadPart(ref reader));
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray) throw new JsonException("A stamp has two parts.");
        return stamp;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Stamp value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Epoch);
        writer.WriteNumberValue(value.Revision);
        writer.WriteEndArray();
    }

    private static long ReadPart(ref Utf8JsonReader reader)
    {
        if (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var part) && part is >= 0 and <= Largest)
            return part;
        throw new JsonException("The parts of a stamp are integers from 0 to 2^53-1.");
    }
}
