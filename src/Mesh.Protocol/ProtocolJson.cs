using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>The JSON of rosters and diffs: camelCase, nothing written for null, unknown members accepted, duplicate ones refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = DeepestNesting,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Member))]
[JsonSerializable(typeof(MemberUpdate))]
[JsonSerializable(typeof(RosterDiff))]
[JsonSerializable(typeof(Roster))]
internal sealed partial class ProtocolJson : JsonSerializerContext
{
    // A state may be as deep as a frame allows, and stands deeper in a roster than in the frame that published it.
    internal const int DeepestNesting = 2 * InboundFrame.DeepestNesting;
}
