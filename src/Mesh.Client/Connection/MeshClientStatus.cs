namespace Mesh.Client;

/// <summary>Where a client stands.</summary>
public enum MeshClientStatus
{
    /// <summary>Not connected, and not trying.</summary>
    Offline,

    /// <summary>Lost, and trying again.</summary>
    Reconnecting,

    /// <summary>Trying for the first time since <see cref="MeshClient.ConnectAsync"/>.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Online,
}
