namespace Mesh.Server.Tests.Backplane;

public sealed class MemoryBackplaneTests : BackplaneConformance
{
    protected override ValueTask<IBackplane> CreateAsync() => new(new MemoryBackplane());
}
