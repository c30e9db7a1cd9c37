using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>Reads and writes a roster as a snapshot: <c>{epoch, revision, members}</c> (protocol §10).</summary>
public sealed class RosterConverter : JsonConverter<Roster>
{
    /// <inheritdoc/>
    public override Roster Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var snapshot = JsonSerializer.Deserialize(ref reader, SnapshotJson.Default.Snapshot) ?? throw new JsonException("A snapshot is an object.");
        if (snapshot.Members.Any(member => member is null)) throw new JsonException("A member is an object.");
        try
        {
            return Roster.Create(snapshot.Epoch, snapshot.Revision, snapshot.Members);
        }
        catch (ArgumentException twice)
        {
            throw new JsonException("A snapshot has a member twice.", twice);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Roster value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStartObject();
        writer.WriteNumber("epoch"u8, value.Epoch);
        writer.WriteNumber("revision"u8, value.Revision);
        writer.WriteStartArray("members"u8);
        foreach (var member in value.Members) JsonSerializer.Serialize(writer, member, ProtocolJson.Default.Member);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
