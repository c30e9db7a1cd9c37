using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Rooms;

/// <summary>While the store is out of reach views are stale, nobody is lost, and the latest word of each member is told afterwards.</summary>
public sealed class StoreAwayTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Views_are_stale_until_the_room_was_read_again()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var diffs = await server.OpenAsync();
        await using var plain = await server.ConnectAsync();
        await diffs.EnterAsync("r");
        await plain.SubscribeAsync("r");

        store.GoAway();
        var stale = (await diffs.WaitForAsync(IsStale)).Payload;
        (stale.GetProperty("from").GetInt64(), stale.GetProperty("to").GetInt64()).ShouldBe((1, 1));
        await using var newcomer = await server.ConnectAsync();
        (await newcomer.RequestAsync("mesh/subscribe-presence", "{\"roomName\":\"r\",\"diffs\":true}")).GetProperty("snapshot").GetProperty("revision").GetInt64().ShouldBe(1);
        await newcomer.WaitForAsync(IsStale);

        store.Return();
        await diffs.WaitForAsync(IsFresh);
        await newcomer.WaitForAsync(IsFresh);
        plain.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_plain_clients_say_is_acknowledged_and_told_when_the_store_is_back()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var stays = await server.ConnectAsync();
        await using var leaves = await server.ConnectAsync();
        var drops = await server.ConnectAsync();
        foreach (var client in new[] { stays, leaves, drops }) await client.JoinAsync("r");
        await observer.UntilAsync(() => observer.Events.Count == 3);

        store.GoAway();
        (await stays.PublishPlainAsync("r", "1")).GetBoolean().ShouldBeTrue();
        (await stays.PublishPlainAsync("r", "2")).GetBoolean().ShouldBeTrue();
        await stays.RequestAsync("mesh/set-my-connection-metadata", "{\"metadata\":{\"n\":1}}");
        await leaves.LeaveAsync("r");
        await drops.DisposeAsync();
        await server.UntilGoneAsync(drops.Id);
        (await stays.ErrorOfAsync("mesh/join-room", Room("other"))).ShouldBe("EUNAVAILABLE");
        observer.Events.Count.ShouldBe(3);

        store.Return();
        await observer.UntilAsync(() => observer.Events.Count == 6);
        string[] told = [.. observer.Events.Skip(3).Select(it => it.Text)];
        told.Count(it => it.Contains("\"leave\"", StringComparison.Ordinal)).ShouldBe(2);
        told.Count(it => it.Contains("\"state\":2,", StringComparison.Ordinal)).ShouldBe(1);
        await Wait.UntilAsync(() => MetadataOf(server, stays.Id) == "{\"n\":1}");
    }

    [Fact]
    public async Task A_session_is_told_to_try_again_and_its_state_is_what_it_said_last()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var alice = await server.OpenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        store.GoAway();
        (await alice.ErrorOfAsync("mesh/publish", "{\"roomName\":\"r\",\"state\":2}")).ShouldBe("EUNAVAILABLE");
        (await alice.EnterAsync("r")).GetProperty("error").GetProperty("code").GetString().ShouldBe("EUNAVAILABLE");
        store.Return();
        await alice.PublishAsync("r", "3");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("3");
    }

    [Fact]
    public async Task What_was_said_before_is_not_told_again_after_what_was_said_since()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var alice = await server.ConnectAsync();
        await alice.JoinAsync("r");
        store.GoAway();
        await alice.PublishPlainAsync("r", "2");
        store.HoldNextJoin();
        store.Return();
        await store.Waiting;

        // Both wait until 2 is told, and then 3 is. The second is what follows where members may be lost.
        var memberships = server.Mesh.FindConnection(alice.Id)!.Memberships;
        var saying = memberships.IntendStateAsync("r", new StateChange.Publish(new("3"u8.ToArray())), Cancellation);
        var joining = memberships.JoinAgainAsync();
        store.Release();
        await saying;
        await joining;
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("3");
    }

    [Fact]
    public async Task What_was_said_before_is_not_told_again_with_a_join_that_is_due_while_something_else_is_said()
    {
        var (server, store) = await StartAsync(fakeTime: true); // Time stands: nothing is told of itself.
        await using var _ = server;
        await using var alice = await server.ConnectAsync();
        await alice.JoinAsync("r");
        store.GoAway();
        await alice.PublishPlainAsync("r", "2");
        store.HoldNextJoin();
        store.Return();
        var memberships = server.Mesh.FindConnection(alice.Id)!.Memberships;
        var saying = memberships.IntendStateAsync("r", new StateChange.Publish(new("3"u8.ToArray())), Cancellation);
        await store.Waiting;
        var joining = memberships.JoinAgainAsync();
        store.Release();
        await saying;
        await joining;
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("3");
    }

    [Fact]
    public async Task Who_asks_again_after_the_store_lost_it_has_its_state_back()
    {
        var (server, store) = await StartAsync();
        await using var _ = server;
        await using var alice = await server.OpenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await store.LeaveAsync("r", alice.Id, Cancellation);
        (await alice.EnterAsync("r")).TryGetProperty("reason", out JsonElement _).ShouldBeFalse();
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("1");
    }

    [Fact]
    public async Task A_join_that_the_store_was_never_asked_for_leaves_nothing_to_be_made_up_for()
    {
        var (server, store) = await StartAsync(fakeTime: true);
        await using var _ = server;
        await using var alice = await server.OpenAsync();
        // As from the node that it came from, and where it is still a member.
        await store.JoinAsync("r", new(alice.Id), null, Cancellation);
        store.IsNotAsked = true;
        (await alice.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe("EUNAVAILABLE");
        store.IsNotAsked = false;
        var calls = store.Calls;
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await alice.FenceAsync();
        store.Calls.ShouldBe(calls);
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().ConnectionId.ShouldBe(alice.Id);
    }

    [Fact]
    public async Task Who_is_put_back_has_its_place_also_in_a_room_that_others_have_filled()
    {
        var (server, store) = await StartAsync(options: it => it.MembersPerRoom = 1);
        await using var _ = server;
        await using var alice = await server.OpenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await store.LeaveAsync("r", alice.Id, Cancellation);
        await store.JoinAsync("r", new("elsewhere"), null, Cancellation);
        await alice.PublishAsync("r", "2");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Find(alice.Id)!.State.ToString().ShouldBe("2");
        await using var newcomer = await server.ConnectAsync();
        (await newcomer.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe("ELIMIT");
    }

    [Fact]
    public async Task Once_the_application_has_stopped_nothing_is_tried_any_more()
    {
        var (server, store) = await StartAsync(fakeTime: true);
        await using var _ = server;
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var alice = await server.ConnectAsync();
        await alice.JoinAsync("r");
        store.GoAway();
        await alice.LeaveAsync("r");
        var before = store.Calls;
        await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(1), () => store.Calls > before + 4);

        await alice.CloseAsync();
        await observer.CloseAsync();
        await server.UntilGoneAsync(observer.Id);
        await server.StopAsync();
        var calls = store.Calls;
        for (var second = 0; second < 10; second++) server.Time.Advance(TimeSpan.FromSeconds(1));
        store.Calls.ShouldBe(calls);
    }

    [Fact]
    public async Task What_expires_meanwhile_is_a_clear()
    {
        var (server, store) = await StartAsync(fakeTime: true);
        await using var _ = server;
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var one = await server.ConnectAsync();
        await using var two = await server.ConnectAsync();
        await one.JoinAsync("r");
        await two.JoinAsync("r");
        await one.PublishPlainAsync("r", "1", ",\"expireAfter\":50");
        await two.PublishPlainAsync("r", "1");
        await observer.UntilAsync(() => observer.Events.Count >= 4);

        store.GoAway();
        await two.PublishPlainAsync("r", "2", ",\"expireAfter\":50");
        server.Time.Advance(TimeSpan.FromMilliseconds(60));
        store.Return();
        await Wait.UntilAsync(() =>
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
            return server.Mesh.Room("r").ReadAsync(Cancellation).AsTask().GetAwaiter().GetResult().Members.All(it => it.State.IsNull);
        });
        observer.Events.ShouldNotContain(it => it.Text.Contains("\"state\":2,", StringComparison.Ordinal));
    }

    private static bool IsStale(Frame frame) => frame.Command == "mesh/presence-diff" && frame.Payload.TryGetProperty("stale", out var stale) && stale.GetBoolean();

    private static bool IsFresh(Frame frame) => frame.Command == "mesh/presence-diff" && !frame.Payload.TryGetProperty("stale", out _);

    private static string MetadataOf(TestServer server, string id) =>
        server.Get<IRoomStore>().ReadAsync("r", Cancellation).AsTask().GetAwaiter().GetResult().Find(id)?.Metadata.ToString() ?? "";

    private static async Task<(TestServer, UnreliableStore)> StartAsync(bool fakeTime = false, Action<MeshOptions>? options = null)
    {
        UnreliableStore? store = null;
        var server = await TestServer.StartAsync(options, fakeTime: fakeTime, services: builder => builder.Services.AddSingleton<IRoomStore>(
            services => store = new(ActivatorUtilities.CreateInstance<MemoryRoomStore>(services))));
        server.Get<IRoomStore>();
        return (server, store!);
    }
}
