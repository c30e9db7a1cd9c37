using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Puts new metadata together with what is there; what is there and no object counts as empty (protocol §7).</summary>
internal static class MetadataMerge
{
    // Escapes would count against the limit.
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static RawJson Apply(RawJson present, RawJson update, MetadataStrategy strategy)
    {
        if (strategy == MetadataStrategy.Replace) return update.HasValue ? update.Copy() : default;
        try
        {
            if (Parse(update) is not { } over) throw Refusals.Invalid("Only an object can be merged");
            var merged = Parse(present) ?? [];
            Merge(merged, over, strategy == MetadataStrategy.DeepMerge);
            return RawJson.FromText(merged.ToJsonString(Unescaped));
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // A key twice, or with half a surrogate pair.
            throw Refusals.Invalid("The metadata can't be merged");
        }
    }

    private static void Merge(JsonObject into, JsonObject over, bool deep)
    {
        foreach (var (key, value) in over)
        {
            if (deep && value is JsonObject nested && into[key] is JsonObject target) Merge(target, nested, deep);
            else into[key] = value?.DeepClone();
        }
    }

    private static JsonObject? Parse(RawJson json) =>
        json.HasValue ? JsonNode.Parse(json.Utf8.Span, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject : null;
}
