namespace Mesh.Client;

/// <summary>Something failed that nobody waits for: an attempt to connect, or to enter a room.</summary>
/// <param name="error">What failed.</param>
public sealed class FaultedEventArgs(Exception error) : EventArgs
{
    /// <summary>What failed; the client goes on all the same.</summary>
    public Exception Error { get; } = error;
}
