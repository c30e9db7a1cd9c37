namespace Mesh.Simulation;

/// <summary>The store was asked, and did not answer in time.</summary>
internal sealed class StoreSilentException() : MeshException(ErrorCodes.Unavailable, "The store does not answer.");
