namespace Mesh.Client;

/// <summary>A connection that stood has ended.</summary>
/// <param name="code">The close code.</param>
/// <param name="reason">The reason.</param>
public sealed class DisconnectedEventArgs(int code, string reason) : EventArgs
{
    /// <summary>The close code (protocol §14); 1006 for a drop.</summary>
    public int Code { get; } = code;

    /// <summary>What the server, or the network, said about it.</summary>
    public string Reason { get; } = reason;
}
