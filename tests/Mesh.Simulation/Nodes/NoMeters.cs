using System.Diagnostics.Metrics;

namespace Mesh.Simulation;

/// <summary>Nobody measures: all nodes share one meter.</summary>
internal sealed class NoMeters : IMeterFactory
{
    private static readonly Meter Meter = new("simulation");

    public Meter Create(MeterOptions options) => Meter;

    public void Dispose()
    {
    }
}
