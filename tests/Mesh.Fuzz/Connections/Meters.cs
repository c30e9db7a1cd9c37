using System.Diagnostics.Metrics;

namespace Mesh.Fuzz;

/// <summary>Nobody measures.</summary>
internal sealed class Meters : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
