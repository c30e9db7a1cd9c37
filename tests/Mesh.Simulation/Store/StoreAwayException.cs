namespace Mesh.Simulation;

/// <summary>The store can't be reached, or did not answer in time.</summary>
internal sealed class StoreAwayException(string message) : Exception(message);
