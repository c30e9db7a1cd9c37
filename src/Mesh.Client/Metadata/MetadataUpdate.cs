using System.Text.Json.Nodes;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>How a connection's metadata was set, several calls put into one.</summary>
internal sealed record MetadataUpdate(RawJson Metadata, MetadataStrategy Strategy)
{
    /// <summary>The one update that says the same as two (protocol §7), so that a new connection can be told what the old one was.</summary>
    public static MetadataUpdate Combine(MetadataUpdate? before, MetadataUpdate update)
    {
        if (before is null || update.Strategy == MetadataStrategy.Replace) return update;
        var merged = Parse(before.Metadata) ?? [];
        if (Parse(update.Metadata) is { } over) Merge(merged, over, update.Strategy == MetadataStrategy.DeepMerge);
        return new(RawJson.FromText(merged.ToJsonString()), before.Strategy);
    }

    /// <summary>As the server is told.</summary>
    public RawJson ToRequest() => ClientJson.Write(
        new(Metadata, new(Strategy switch
        {
            MetadataStrategy.Merge => "merge",
            MetadataStrategy.DeepMerge => "deepMerge",
            _ => "replace",
        })),
        ClientJson.Default.MetadataRequest);

    private static void Merge(JsonObject into, JsonObject over, bool deep)
    {
        foreach (var (key, value) in over)
        {
            if (deep && value is JsonObject nested && into[key] is JsonObject target) Merge(target, nested, deep);
            else into[key] = value?.DeepClone();
        }
    }

    private static JsonObject? Parse(RawJson json) => json.HasValue ? JsonNode.Parse(json.Utf8.Span) as JsonObject : null;
}
