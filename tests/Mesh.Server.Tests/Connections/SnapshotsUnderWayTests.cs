using System.Text;

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
    public async Task Nobody_ends_for_bytes_that_another_keeps_who_is_not_late()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var under = server.Get<SnapshotsUnderWay>();
        var clients = await server.ConnectAsync(4);
        var (all, sent) = (new byte[50 * MB], new TaskCompletionSource());
        Begin(0, all);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Begin(1, all);
        Begin(2, new byte[20 * MB]);
        under.Bytes.ShouldBe(70 * MB + 300);
        foreach (var one in clients) await one.FenceAsync();

        // Now both are.
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Begin(3, new byte[20 * MB]);
        await clients[0].Closed;
        await clients[1].Closed;
        under.Bytes.ShouldBe(40 * MB + 200);
        foreach (var other in clients[2..]) await other.FenceAsync();
        sent.SetResult();
        foreach (var one in clients) await one.DisposeAsync();

        // Each has some of its own, too.
        void Begin(int at, byte[] bytes) => under.Begin(server.Mesh.FindConnection(clients[at].Id)!.Transport!, [new byte[100], bytes], sent.Task);
    }

    [Fact]
    public async Task Who_takes_nothing_ends_before_who_takes_it_slowly()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => it.PingInterval = TimeSpan.FromMinutes(10));
        var under = server.Get<SnapshotsUnderWay>();
        var clients = await server.ConnectAsync(3);
        var sent = new TaskCompletionSource();
        Begin(0);
        clients[1].StopReading();
        clients[1].Answers = false;
        var deaf = Transport(1);
        await deaf.SendSnapshotAsync([Encoding.UTF8.GetBytes(Json.Quote(new('x', 40 * MB)))]);
        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(500), () => deaf.StuckFor >= TimeSpan.FromSeconds(1));
        deaf.Connection.IsOpen.ShouldBeTrue();
        Begin(2);

        await Wait.UntilAsync(() => !deaf.Connection.IsOpen);
        under.Bytes.ShouldBe(40 * MB);
        await clients[0].FenceAsync();
        await clients[2].FenceAsync();
        sent.SetResult();
        foreach (var one in clients) await one.DisposeAsync();

        Transport Transport(int at) => server.Mesh.FindConnection(clients[at].Id)!.Transport!;
        void Begin(int at) => under.Begin(Transport(at), [new byte[20 * MB]], sent.Task);
    }

    [Fact]
    public async Task What_waits_for_the_one_before_counts_too()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var under = server.Get<SnapshotsUnderWay>();
        await using var client = await server.ConnectAsync();
        client.StopReading();
        client.Answers = false;
        var transport = server.Mesh.FindConnection(client.Id)!.Transport!;
        ReadOnlyMemory<byte>[] Said() => [Encoding.UTF8.GetBytes(Json.Quote(new('x', 20 * MB - 2)))];
        await transport.SendSnapshotAsync(Said());
        var second = transport.SendSnapshotAsync(Said());
        second.IsCompleted.ShouldBeFalse();
        under.Bytes.ShouldBe(40 * MB);

        client.ReadOn();
        await second;
        await Wait.UntilAsync(() => under.Bytes == 0);
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
