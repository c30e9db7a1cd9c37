using Mesh.Protocol;

namespace Mesh.Client;

internal sealed record MetadataRequest(RawJson Metadata, MetadataRequestOptions Options);

internal sealed record MetadataRequestOptions(string Strategy);

internal sealed record ConnectionRequest(string ConnectionId);

internal sealed record MetadataResult(RawJson Metadata);
