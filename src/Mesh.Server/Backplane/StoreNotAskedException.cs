using Mesh.Protocol;

namespace Mesh.Server;

/// <summary><c>EUNAVAILABLE</c>, where the store certainly did nothing: there is nothing to be made up for.</summary>
public sealed class StoreNotAskedException(string message) : MeshException(ErrorCodes.Unavailable, message);
