namespace Mesh.Server;

/// <summary>Marks the endpoint that takes Mesh's WebSockets.</summary>
internal sealed class MeshEndpoint;
