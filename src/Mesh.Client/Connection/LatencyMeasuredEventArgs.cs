namespace Mesh.Client;

/// <summary>The server has measured how long a message and its answer take.</summary>
/// <param name="latency">How long.</param>
public sealed class LatencyMeasuredEventArgs(TimeSpan latency) : EventArgs
{
    /// <summary>There and back; zero before the first measurement.</summary>
    public TimeSpan Latency { get; } = latency;
}
