using System.Buffers.Binary;

namespace Mesh.Server.Tests.Faults;

/// <summary>A message that is said to be long takes no more memory than what has come of it.</summary>
[Collection(nameof(MemoryOfTheProcess))]
public sealed class AnnouncedLengthTests
{
    [Theory]
    [InlineData(101L * 1024 * 1024)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public async Task Much_more_is_announced_than_comes(long announced)
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        await using var raw = await RawConnection.UpgradeAsync(server.Http);
        await raw.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        byte[] head = [0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(2), announced);
        await raw.SendAsync([.. head, .. new byte[70_000]]);
        await raw.UntilEndAsync();
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(10 * 1024 * 1024);
        await bystander.FenceAsync();
    }
}
