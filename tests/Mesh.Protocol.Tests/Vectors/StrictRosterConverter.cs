using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Reads a roster as the product does, but for unknown keys, which here are errors.</summary>
internal sealed class StrictRosterConverter : JsonConverter<Roster>
{
    public override Roster Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var snapshot = JsonSerializer.Deserialize<Snapshot>(ref reader, options)!;
        return Roster.Create(snapshot.Epoch, snapshot.Revision, snapshot.Members);
    }

    public override void Write(Utf8JsonWriter writer, Roster value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, ProtocolJson.Default.Roster);

    private sealed record Snapshot
    {
        public required long Epoch { get; init; }

        public required long Revision { get; init; }

        public required ImmutableArray<Member> Members { get; init; }
    }
}
