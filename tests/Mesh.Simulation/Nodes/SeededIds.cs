using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>Ids that are the same in each run of a seed.</summary>
internal sealed class SeededIds(TimeProvider time, Random random) : ConnectionIds(time)
{
    protected override void Fill(Span<byte> unguessable) => random.NextBytes(unguessable);
}
