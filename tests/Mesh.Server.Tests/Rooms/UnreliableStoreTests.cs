using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Rooms;

/// <summary>Rooms whose store loses events, fails or takes its time: views are right again, and nobody is a ghost.</summary>
public sealed class UnreliableStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_event_reaches_every_subscriber_as_the_difference()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var plain = await server.ConnectAsync();
        await using var diffs = await server.OpenAsync();
        await using var a = await server.ConnectAsync();
        await using var b = await server.ConnectAsync();
        await plain.SubscribeAsync("r");
        var replica = new RosterReplica();
        replica.Receive((await diffs.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
        await a.JoinAsync("r");
        await a.PublishPlainAsync("r", "1");

        store.Loses = _ => true;
        await a.PublishPlainAsync("r", "2");
        await b.JoinAsync("r");
        await b.PublishPlainAsync("r", "3");
        await a.LeaveAsync("r");
        store.Loses = _ => false;
        await b.PublishPlainAsync("r", "4");

        await plain.ShouldHaveEventsAsync(
            Joined("r", diffs.Id), Joined("r", a.Id), State("r", a.Id, "1"), Left("r", a.Id), Joined("r", b.Id), State("r", b.Id, "4"));
        await diffs.FenceAsync();
        foreach (var diff in diffs.Diffs()) replica.Receive(diff.Deserialize(ProtocolJson.Default.RosterDiff)!).ShouldNotBe(DiffOutcome.Gap);
        replica.Roster.ShouldBe(await server.Mesh.Room("r").ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_resync_that_fails_is_tried_again_with_the_next_event()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var plain = await server.ConnectAsync();
        await using var a = await server.ConnectAsync();
        await plain.SubscribeAsync("r");
        await a.JoinAsync("r");
        store.Loses = _ => true;
        await a.PublishPlainAsync("r", "1");
        store.Loses = _ => false;
        store.FailsReads = true;
        await a.PublishPlainAsync("r", "2");
        await Wait.UntilAsync(() => server.Errors.All.Count == 1);
        store.FailsReads = false;
        await a.PublishPlainAsync("r", "3");
        await plain.UntilAsync(() => plain.Events.Count == 2);
        await plain.ShouldHaveEventsAsync(Joined("r", a.Id), State("r", a.Id, "3"));
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_join_that_fails_leaves_nothing_and_the_next_one_works()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.OpenAsync();
        store.FailsJoins = true;
        (await client.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe("ESERVER");
        server.Mesh.FindConnection(client.Id)!.Rooms.ShouldBeEmpty();
        Kept.Rooms(server).ShouldBe(0);
        (await client.ErrorOfAsync("mesh/enter", """{"rooms":[{"roomName":"r"}]}""")).ShouldBeOneOf("ESERVER", null);
        server.Mesh.FindConnection(client.Id)!.Rooms.ShouldBeEmpty();
        Kept.Rooms(server).ShouldBe(0);
        store.FailsJoins = false;
        (await client.EnterAsync("r")).GetProperty("success").ShouldBe("true");
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_member_whose_resync_fails_stays_a_member()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        store.FailsJoins = true;
        await client.RespondAsync("mesh/enter", """{"rooms":[{"roomName":"r"}]}""");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Count.ShouldBe(1);
        server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe(1);
        server.Errors.Clear();
    }

    [Fact]
    public async Task One_removed_while_it_joins_is_no_ghost()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.ConnectAsync();
        store.HoldNextJoin();
        var id = await client.SendAsync("mesh/join-room", Room("r"));
        await store.Waiting;
        var removing = server.Mesh.Room("r").RemoveAsync(client.Id);
        store.Release();
        await removing;
        await client.ResponseAsync(id);
        server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe((await server.Mesh.Room("r").ReadAsync(Cancellation)).Count);
        await client.CloseAsync();
        await server.UntilGoneAsync(client.Id);
        await server.UntilEmptyAsync("r");
        Kept.Rooms(server).ShouldBe(0);
    }

    [Fact]
    [Trait("Fault", "15")]
    public async Task One_that_ends_while_it_joins_is_no_ghost()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.ConnectAsync();
        store.HoldNextJoin();
        await client.SendAsync("mesh/join-room", Room("r"));
        await store.Waiting;
        client.Drop();
        await server.UntilDroppedAsync(client.Id);
        store.Release();
        await server.UntilGoneAsync(client.Id);
        await server.UntilEmptyAsync("r");
        await Wait.UntilAsync(() => Kept.Rooms(server) == 0);
    }

    [Fact]
    public async Task A_membership_claimed_at_the_last_moment_is_claimed()
    {
        var (server, store) = await StartAsync(fakeTime: true);
        await using var _ = server;
        var (first, token) = await server.OpenWithTokenAsync();
        await first.EnterAsync("r");
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        var (back, _) = await server.OpenWithTokenAsync(token);
        store.HoldNextJoin();
        var id = await back.SendAsync("mesh/enter", """{"rooms":[{"roomName":"r"}]}""");
        await store.Waiting;
        server.Time.Advance(TimeSpan.FromSeconds(5));
        store.Release();
        (await back.ResponseAsync(id)).Payload.GetProperty("rooms")[0].GetProperty("number").GetInt32().ShouldBe(1);
        await back.FenceAsync();
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Revision.ShouldBe(1);
        server.Mesh.FindConnection(back.Id)!.Rooms.Count.ShouldBe(1);
        await first.DisposeAsync();
        await back.DisposeAsync();
    }

    private static async Task<(TestServer, UnreliableStore)> StartAsync(bool fakeTime = false)
    {
        var server = await TestServer.StartAsync(
            options: it => it.FlushInterval = TimeSpan.Zero,
            fakeTime: fakeTime,
            services: it => it.Services.AddSingleton<IRoomStore>(services => new UnreliableStore(ActivatorUtilities.CreateInstance<MemoryRoomStore>(services))));
        return (server, (UnreliableStore)server.Get<IRoomStore>());
    }
}
