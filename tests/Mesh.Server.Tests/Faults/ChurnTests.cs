using System.Runtime.CompilerServices;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Faults;

/// <summary>Connections that come and go leave nothing behind.</summary>
public sealed class ChurnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Fault", "15")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_that_connect_join_and_drop_at_once_are_gone_at_last(bool session)
    {
        await using var server = await TestServer.StartAsync(options: it => it.Grace = TimeSpan.FromMilliseconds(50));
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 60).Select(async at =>
            {
                await using var raw = session
                    ? await RawConnection.UpgradeAsync(server.Http, """{"id":1,"command":"mesh/session","payload":{}}""", """{"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"r","publish":{"state":1}}]}}""")
                    : await RawConnection.UpgradeAsync(server.Http, """{"id":1,"command":"mesh/join-room","payload":{"roomName":"r"}}""", """{"id":2,"command":"mesh/publish-presence-state","payload":{"roomName":"r","state":1}}""");
                if (at % 3 == 1) await raw.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
                if (at % 3 == 2) await raw.UntilAsync(it => it.Contains("\"id\":2", StringComparison.Ordinal));
                raw.Reset();
            }));
        }
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
        await server.UntilEmptyAsync("r");

        await observer.FenceAsync();
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var payload in observer.Events.Select(it => it.Payload))
        {
            var id = payload.GetProperty("connectionId").GetString()!;
            (payload.GetProperty("type").GetString() switch
            {
                "join" => present.Add(id),
                "leave" => present.Remove(id),
                _ => present.Contains(id),
            }).ShouldBeTrue(payload.GetRawText());
        }
        await Wait.UntilAsync(() => observer.Events.Count(it => it.Payload.GetProperty("type").GetString() == "join") == observer.Events.Count(it => it.Payload.GetProperty("type").GetString() == "leave"));
    }

    [Fact]
    [Trait("Fault", "15")]
    public async Task Joining_and_being_removed_at_once_from_everywhere_leaves_no_ghost()
    {
        await using var server = await TestServer.StartAsync(options: it => (it.CommandBurst, it.CommandsPerSecond) = (100_000, 100_000));
        for (var round = 0; round < 10; round++)
        {
            await using var client = await server.ConnectAsync();
            var room = server.Mesh.Room("r");
            await Task.WhenAll(
                Task.Run(async () =>
                {
                    for (var at = 0; at < 50; at++)
                    {
                        await client.JoinAsync("r");
                        await client.LeaveAsync("r");
                    }
                }, Cancellation),
                Task.Run(async () =>
                {
                    for (var at = 0; at < 200; at++)
                    {
                        await room.AddAsync(client.Id, Cancellation);
                        await room.RemoveAsync(client.Id);
                    }
                }, Cancellation),
                Task.Run(async () =>
                {
                    for (var at = 0; at < 200; at++) await room.RemoveAsync(client.Id);
                }, Cancellation));
            var isMember = server.Mesh.FindConnection(client.Id)!.Rooms.Count == 1;
            (await room.ReadAsync(Cancellation)).Count.ShouldBe(isMember ? 1 : 0);
            client.Drop();
            await server.UntilGoneAsync(client.Id);
            await server.UntilEmptyAsync("r");
        }
    }

    [Fact]
    [Trait("Fault", "19")]
    public async Task Of_2000_connections_that_came_and_went_nothing_is_kept()
    {
        await using var server = await TestServer.StartAsync(options: it => (it.Grace, it.ReloadGrace) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10)));
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("shared");
        var kept = new List<WeakReference>();
        for (var round = 0; round < 40; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(at => ComeAndGoAsync(server, $"own-{round}-{at}", at, kept)));
            observer.Forget();
        }
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);

        await Wait.UntilAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !kept.Exists(it => it.IsAlive);
        });
        kept.Count.ShouldBe(2000);
        Kept.Rooms(server).ShouldBe(1);
        Kept.StoredRooms(server).ShouldBe(1);
        Kept.Tokens(server).ShouldBe(0);
        await observer.FenceAsync();
    }

    [Fact]
    [Trait("Fault", "19")]
    public async Task Subscribing_while_the_connection_ends_leaves_no_subscription_in_the_room()
    {
        await using var server = await TestServer.StartAsync(options: it => it.Grace = TimeSpan.FromMilliseconds(1));
        await using var keeper = await server.ConnectAsync();
        await keeper.JoinAsync("r");
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async at =>
            {
                await using var raw = await RawConnection.UpgradeAsync(
                    server.Http, $$$"""{"id":1,"command":"mesh/subscribe-presence","payload":{"roomName":"r","diffs":{{{(at % 2 == 0 ? "true" : "false")}}}}}""");
                if (at % 4 == 0) await raw.UntilAsync(it => it.Contains("101", StringComparison.Ordinal));
                raw.Reset();
            }));
        }
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
        await Wait.UntilAsync(() => Kept.Subscriptions(server, "r") == 0);
        Kept.Users(server, "r").ShouldBe(1);
    }

    // A method of its own, so that nothing of it is still on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ComeAndGoAsync(TestServer server, string room, int at, List<WeakReference> kept)
    {
        await using var client = await server.ConnectAsync();
        Remember(server, client.Id, kept);
        if (at % 2 == 0)
        {
            await client.OpenSessionAsync(clientKey: "0123456789abcdef");
            await client.EnterAsync("shared", ",\"publish\":{\"state\":1,\"expireAfter\":1000000}");
            await client.EnterAsync(room);
        }
        else
        {
            await client.JoinAsync("shared");
            await client.SubscribeAsync(room);
            await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":1}""");
        }
        if (at % 3 == 0) client.Drop();
        else await client.CloseAsync(at % 3 == 1 ? 1000 : 1001);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Remember(TestServer server, string id, List<WeakReference> kept)
    {
        var connection = server.Mesh.FindConnection(id);
        lock (kept) kept.Add(new(connection));
    }
}
