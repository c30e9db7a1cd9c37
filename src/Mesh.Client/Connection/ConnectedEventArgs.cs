namespace Mesh.Client;

/// <summary>A connection stands.</summary>
/// <param name="isReconnect">See <see cref="IsReconnect"/>.</param>
public sealed class ConnectedEventArgs(bool isReconnect) : EventArgs
{
    /// <summary>False for the first connection since <see cref="MeshClient.ConnectAsync"/>.</summary>
    public bool IsReconnect { get; } = isReconnect;
}
