namespace Mesh.Client;

/// <summary>A client's status is another one.</summary>
/// <param name="status">The status from now on.</param>
public sealed class StatusChangedEventArgs(MeshClientStatus status) : EventArgs
{
    /// <summary>The status from now on.</summary>
    public MeshClientStatus Status { get; } = status;
}
