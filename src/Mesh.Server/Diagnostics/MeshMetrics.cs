using System.Diagnostics.Metrics;

namespace Mesh.Server;

/// <summary>The meter <c>Mesh.Server</c>.</summary>
internal sealed class MeshMetrics
{
    public const string MeterName = "Mesh.Server";

    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _resumed;
    private readonly Counter<long> _ignored;

    public MeshMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _open = meter.CreateUpDownCounter<long>("mesh.transports.open", "{transport}", "WebSockets that are open.");
        _resumed = meter.CreateCounter<long>("mesh.sessions.resumed", "{session}", "Sessions that were resumed.");
        _ignored = meter.CreateCounter<long>("mesh.frames.ignored", "{frame}", "Messages that were no frame, or had no id.");
    }

    public void Opened() => _open.Add(1);

    public void Closed() => _open.Add(-1);

    public void SessionResumed() => _resumed.Add(1);

    public void FrameIgnored() => _ignored.Add(1);
}
