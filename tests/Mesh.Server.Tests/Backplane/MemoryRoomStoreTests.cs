using Microsoft.Extensions.Options;

namespace Mesh.Server.Tests.Backplane;

public sealed class MemoryRoomStoreTests : RoomStoreConformance
{
    protected override ValueTask<IRoomStore> CreateAsync(int membersPerRoom) =>
        new(new MemoryRoomStore(Options.Create(new MeshOptions { MembersPerRoom = membersPerRoom }), TimeProvider.System));

    protected override ValueTask<long> NowAsync() => new(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    [Fact]
    public async Task Epochs_rise_even_when_the_clock_goes_back()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider();
        var store = new MemoryRoomStore(Options.Create(new MeshOptions()), time);
        var first = await store.JoinAsync("r", new("a"), null, cancellationToken);
        await store.LeaveAsync("r", "a", cancellationToken);
        time.AdjustTime(time.GetUtcNow() - TimeSpan.FromDays(1));
        var second = await store.JoinAsync("r", new("a"), null, cancellationToken);
        second.At.Epoch.ShouldBeGreaterThan(first.At.Epoch);
    }
}
