namespace Mesh.Server;

/// <summary>A connection that came or went.</summary>
/// <param name="connection">The connection.</param>
public sealed class ConnectionEventArgs(MeshConnection connection) : EventArgs
{
    /// <summary>The connection.</summary>
    public MeshConnection Connection { get; } = connection;
}
