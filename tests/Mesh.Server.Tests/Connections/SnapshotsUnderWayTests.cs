namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §12: what answers of whole rooms keep in all has a limit.</summary>
public sealed class SnapshotsUnderWayTests
{
    private const int MB = 1024 * 1024;

    [Fact]
    public async Task Those_end_that_are_at_it_longest_until_it_is_not_too_much()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var under = server.Get<SnapshotsUnderWay>();
        var clients = await server.ConnectAsync(5);
        var sent = clients.Select(_ => new TaskCompletionSource()).ToArray();
        for (var at = 0; at < 4; at++)
        {
            Begin(at, new byte[20 * MB]);
            if (at < 2) server.Time.Advance(TimeSpan.FromSeconds(1));
        }
        // It could not be told why, or not soon enough.
        await clients[0].Closed;
        under.Bytes.ShouldBe(60 * MB);
        foreach (var other in clients[1..]) await other.FenceAsync();

        // Sent is sent: the next goes in its place.
        sent[1].SetResult();
        await Wait.UntilAsync(() => under.Bytes == 40 * MB);
        Begin(4, new byte[20 * MB]);
        foreach (var other in clients[1..]) await other.FenceAsync();

        foreach (var one in sent) one.TrySetResult();
        await Wait.UntilAsync(() => under.Bytes == 0);
        foreach (var one in clients) await one.DisposeAsync();

        void Begin(int at, byte[] bytes) => under.Begin(server.Mesh.FindConnection(clients[at].Id)!.Transport!, [bytes], sent[at].Task);
    }

    [Fact]
    public async Task What_many_get_counts_once_and_nobody_ends_within_a_second()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var under = server.Get<SnapshotsUnderWay>();
        await using var client = await server.ConnectAsync();
        var transport = server.Mesh.FindConnection(client.Id)!.Transport!;
        var (all, sent) = (new byte[60 * MB], new TaskCompletionSource());
        for (var at = 0; at < 3; at++) under.Begin(transport, [all], sent.Task);
        under.Bytes.ShouldBe(60 * MB);
        server.Time.Advance(TimeSpan.FromSeconds(0.9));
        under.Begin(transport, [new byte[60 * MB]], sent.Task);
        under.Bytes.ShouldBe(120 * MB);
        await client.FenceAsync();
        sent.SetResult();
        await Wait.UntilAsync(() => under.Bytes == 0);
    }
}
