using System.Text.Json.Serialization;
using Mesh.Protocol;

namespace Mesh.Server;

internal sealed record MetadataRequest(RawJson Metadata, MetadataOptions? Options);

internal sealed record MetadataOptions(string? Strategy);

internal sealed record ConnectionRequest(string? ConnectionId);

internal sealed record MetadataResult([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] RawJson Metadata);
