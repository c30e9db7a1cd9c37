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

        // The answer to a join waits for its event, and then reads the room: what was lost until then is told with it.
        await plain.UntilAsync(() => plain.Events.Count == 7);
        await plain.ShouldHaveEventsAsync(
            Joined("r", diffs.Id), Joined("r", a.Id), State("r", a.Id, "1"), Joined("r", b.Id), State("r", a.Id, "2"), Left("r", a.Id), State("r", b.Id, "4"));
        await diffs.FenceAsync();
        foreach (var diff in diffs.Diffs()) replica.Receive(diff.Deserialize(ProtocolJson.Default.RosterDiff)!).ShouldNotBe(DiffOutcome.Gap);
        replica.Roster.ShouldBe(await server.Mesh.Room("r").ReadAsync(Cancellation));
        (HasMissed(diffs.Diffs().First()), HasMissed(diffs.Diffs().Last())).ShouldBe((false, true));
        store.ReadsByListeners.ShouldBe(0);
    }

    [Fact]
    public async Task A_resync_that_fails_is_tried_again()
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
        await plain.UntilAsync(() => plain.Events.Count == 2);
        await plain.ShouldHaveEventsAsync(Joined("r", a.Id), State("r", a.Id, "2"));
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_resync_that_reads_what_was_before_is_tried_again()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var plain = await server.ConnectAsync();
        await using var a = await server.ConnectAsync();
        await plain.SubscribeAsync("r");
        await a.JoinAsync("r");
        var before = await server.Mesh.Room("r").ReadAsync(Cancellation);
        var reads = 0;
        store.Shows = now => ++reads < 3 ? before : now;
        store.Loses = _ => true;
        await a.PublishPlainAsync("r", "1");
        store.Loses = _ => false;
        await a.PublishPlainAsync("r", "2");
        await plain.UntilAsync(() => plain.Events.Count == 2);
        await plain.ShouldHaveEventsAsync(Joined("r", a.Id), State("r", a.Id, "2"));
        reads.ShouldBe(3);
    }

    [Fact]
    public async Task What_is_missed_while_a_room_is_read_again_is_read_once_more()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var plain = await server.ConnectAsync();
        await plain.SubscribeAsync("r");
        store.Loses = _ => true;
        store.Shows = before =>
        {
            store.Shows = now => now;
            store.JoinAsync("r", new("elsewhere"), null, Cancellation).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            store.Doubt();
            return before;
        };
        store.Doubt();
        await plain.UntilAsync(() => plain.Events.Count == 1);
        await plain.ShouldHaveEventsAsync(Joined("r", "elsewhere"));
    }

    [Fact]
    public async Task An_event_lost_while_a_room_is_first_read_is_made_up_for()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await store.JoinAsync("r", new("elsewhere"), null, Cancellation);
        store.Shows = before =>
        {
            store.Shows = now => now;
            store.Loses = _ => true;
            PublishElsewhere("1");
            store.Loses = _ => false;
            PublishElsewhere("2");
            store.FailsReads = true;
            return before;
        };
        await using var plain = await server.ConnectAsync();
        (await plain.SubscribeAsync("r")).GetProperty("states").ShouldBe("{}");
        store.FailsReads = false;
        await plain.UntilAsync(() => plain.Events.Count == 1);
        await plain.ShouldHaveEventsAsync(State("r", "elsewhere", "2"));
        server.Errors.Clear();

        void PublishElsewhere(string state) =>
            store.SetStateAsync("r", "elsewhere", new StateChange.Publish(RawJson.FromText(state)), Cancellation).AsTask().Wait(Cancellation);
    }

    [Fact]
    public async Task A_leave_that_fails_keeps_no_other_and_hides_no_end()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        var gone = new List<string>();
        server.Mesh.Disconnected += (_, it) => gone.Add(it.Connection.Id);
        await using var client = await server.ConnectAsync();
        foreach (var room in new[] { "a", "broken", "z" }) await client.JoinAsync(room);
        store.Broken = "broken";
        await client.CloseAsync();
        await Wait.UntilAsync(() => gone.Count == 1);
        foreach (var room in new[] { "a", "z" }) (await server.Mesh.Room(room).ReadAsync(Cancellation)).Count.ShouldBe(0);
        Kept.Rooms(server).ShouldBe(0);
        server.Errors.All.Count.ShouldBe(1);
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_room_that_fails_keeps_nobody_out_of_the_others()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.OpenAsync();
        store.Broken = "broken";
        var rooms = (await client.RequestAsync("mesh/enter", """{"rooms":[{"roomName":"a"},{"roomName":"broken"},{"roomName":"z"}]}""")).GetProperty("rooms");
        rooms.EnumerateArray().Select(it => it.GetProperty("success").GetBoolean()).ShouldBe([true, false, true]);
        rooms[1].ShouldBe("""{"roomName":"broken","success":false,"error":{"error":"The command failed","code":"ESERVER","name":"Error"}}""");
        server.Mesh.FindConnection(client.Id)!.Rooms.Order(StringComparer.Ordinal).ShouldBe(["a", "z"]);
        server.Errors.All.Count.ShouldBe(1);
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
        (await client.EnterAsync("r")).GetProperty("error").GetProperty("code").GetString().ShouldBe("ESERVER");
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
        (await client.EnterAsync("r")).GetProperty("success").GetBoolean().ShouldBeFalse();
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
        var removing = server.Mesh.Room("r").RemoveAsync(client.Id, Cancellation);
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
    public async Task A_leave_that_is_told_after_the_next_join_is_no_reason_to_read_the_room_again()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var plain = await server.ConnectAsync();
        await plain.SubscribeAsync("r");
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        var reads = store.Reads;
        store.HoldEvents();
        var memberships = server.Mesh.FindConnection(client.Id)!.Memberships;
        await memberships.LeaveAsync("r");
        await memberships.JoinAsync("r", null, Cancellation);
        store.TellHeld();
        await plain.UntilAsync(() => plain.Events.Count == 3);

        // One that it had not asked for is one, as before.
        await store.LeaveAsync("r", client.Id, Cancellation);
        await plain.UntilAsync(() => plain.Events.Count == 5);
        await plain.ShouldHaveEventsAsync(Joined("r", client.Id), Left("r", client.Id), Joined("r", client.Id), Left("r", client.Id), Joined("r", client.Id));
        store.Reads.ShouldBe(reads + 1);
    }

    [Fact]
    public async Task Who_was_taken_by_another_node_does_not_join_again_here()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        var connection = server.Mesh.FindConnection(client.Id)!;
        connection.Session!.HasMoved = true;
        await store.LeaveAsync("r", client.Id, Cancellation);
        await connection.Memberships.JoinAgainAsync();
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Count.ShouldBe(0);
    }

    [Fact]
    public async Task Who_says_that_members_may_be_lost_is_told_when_all_have_joined_again()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var one = await server.ConnectAsync();
        await using var two = await server.ConnectAsync();
        await one.JoinAsync("r");
        await two.JoinAsync("r");
        foreach (var id in new[] { one.Id, two.Id }) await store.LeaveAsync("r", id, Cancellation);
        store.HoldNextJoin();
        var joining = store.LoseMembersAsync();
        await store.Waiting;
        joining.IsCompleted.ShouldBeFalse();
        store.Release();
        await joining;
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Select(it => it.ConnectionId).ShouldBe([one.Id, two.Id], ignoreOrder: true);
    }

    [Theory]
    [Trait("Fault", "22")]
    [InlineData("mesh/enter", """{"rooms":[{"roomName":"r","publish":{"state":1}}]}""", 1)]
    [InlineData("mesh/subscribe-presence", """{"roomName":"r"}""", 0)]
    [InlineData("mesh/join-room", """{"roomName":"r"}""", 1)]
    public async Task A_join_costs_the_store_the_same_however_many_members_there_are(string command, string payload, int calls)
    {
        var (server, store) = await StartAsync(fakeTime: true); // Nobody leaves while it is counted.
        await using var _ = server;
        await using var resident = await server.OpenAsync();
        await resident.EnterAsync("r");
        foreach (var members in new[] { 10, 1000 })
        {
            for (var at = (await server.Mesh.Room("r").ReadAsync(Cancellation)).Count; at < members; at++) await store.JoinAsync("r", new($"elsewhere-{at}"), null, Cancellation);
            await using var client = await server.OpenAsync();
            var before = store.Calls;
            await client.RequestAsync(command, payload);
            (store.Calls - before).ShouldBe(calls);
        }
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

    private static bool HasMissed(JsonElement diff) => diff.TryGetProperty("missed", out var missed) && missed.GetBoolean();
}
