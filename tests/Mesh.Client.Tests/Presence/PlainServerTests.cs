using System.Collections.Concurrent;

namespace Mesh.Client.Tests;

/// <summary>With a server of before: the client falls back to the frames that such a server knows, and to no others.</summary>
public sealed class PlainServerTests : Scenario
{
    private PlainServer _plain = null!;

    public override async ValueTask InitializeAsync() => _plain = Own(await PlainServer.StartAsync());

    [Fact]
    public async Task Users_see_each_other_and_are_back_after_a_drop()
    {
        var alice = View(await ConnectAsync(_plain.Url));
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync(_plain.Url)); // Only now: users are shown in the order of their joins.
        await bob.SayAsync("bob", "here");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: here (1)", "bob: here (1)");
        await alice.SayAsync("alice", "busy");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: busy (1)", "bob: here (1)");
        for (var round = 0; round < 3; round++)
        {
            var seen = alice.Freshness.Count;
            _plain.Drop();
            await Wait.UntilAsync(() => alice.Freshness.Count >= seen + 2);
            foreach (var viewer in new[] { alice, bob })
                await Wait.UntilAsync(() => viewer.Presence.IsFresh && AllOf(viewer).SequenceEqual(["alice: busy (1)", "bob: here (1)"], StringComparer.Ordinal), () => viewer.Shown);
        }
        await bob.Presence.ClearAsync().InTimeAsync();
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: busy (1)");
        await bob.SayAsync("bob", "back");
        await alice.Presence.DisposeAsync();
        await bob.ShowsAsync("bob: back (1)");
        _plain.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_said_in_an_outage_is_said_after_it()
    {
        var client = await ConnectAsync(_plain.Url);
        var alice = View(client);
        await alice.SayAsync("alice", "here");
        _plain.Drop();
        await Wait.UntilAsync(() => !alice.Presence.IsFresh || client.Status != MeshClientStatus.Online);
        await alice.SayAsync("alice", "late");
        await alice.ShowsAsync("alice: late (1)");
        _plain.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stored_state_is_published_again_by_the_next_client()
    {
        var storage = new MemoryPresenceStorage();
        var first = View(await ConnectAsync(_plain.Url, options: it => it.Storage = storage));
        await first.SayAsync("alice", "here");
        await first.Presence.DisposeAsync();
        var second = View(await ConnectAsync(_plain.Url, options: it => it.Storage = storage));
        await second.ShowsAsync("alice: here (1)");
        _plain.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guarded_room_can_not_be_seen()
    {
        var client = await ConnectAsync(_plain.Url);
        var viewer = View(client, "guarded");
        (await Should.ThrowAsync<MeshException>(viewer.Presence.Ready.InTimeAsync())).Code.ShouldBe(ErrorCodes.Forbidden);
        (await client.SubscribePresenceAsync("guarded", _ => { }).InTimeAsync()).Success.ShouldBeFalse();
        _plain.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Rooms_connection_by_connection_work_as_they_always_did()
    {
        var (client, other) = (await ConnectAsync(_plain.Url), await ConnectAsync(_plain.Url));
        var updates = new ConcurrentQueue<PresenceUpdate>();
        var joined = await client.JoinRoomAsync("general", updates.Enqueue).InTimeAsync();
        joined.Present.Select(it => it.Id).ShouldBe([client.ConnectionId!]);
        await other.SetConnectionMetadataAsync(new { name = "other" }).InTimeAsync();
        (await other.JoinRoomAsync("general").InTimeAsync()).Present.Count.ShouldBe(2);
        (await other.PublishPresenceStateAsync("general", "here").InTimeAsync()).ShouldBeTrue();
        (await other.ClearPresenceStateAsync("general").InTimeAsync()).ShouldBeTrue();
        (await other.ClearPresenceStateAsync("general").InTimeAsync()).ShouldBeFalse();
        (await client.GetPresenceStateAsync("general").InTimeAsync()).Present.Select(it => it.Id).ShouldBe([client.ConnectionId!, other.ConnectionId!]);
        await other.LeaveRoomAsync("general").InTimeAsync();
        await Wait.UntilAsync(() => updates.Count == 4);
        updates.Select(it => it.Type).ShouldBe([PresenceUpdateType.Join, PresenceUpdateType.State, PresenceUpdateType.State, PresenceUpdateType.Leave]);
        updates.ElementAt(1).State!.Value.GetString().ShouldBe("here");
        updates.ElementAt(2).State.ShouldBeNull();
        updates.ShouldAllBe(it => it.ConnectionId == other.ConnectionId && it.Timestamp == DateTimeOffset.FromUnixTimeMilliseconds(1795501447930));
        (await client.UnsubscribePresenceAsync("general").InTimeAsync()).ShouldBeTrue();
        _plain.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pings_are_answered_and_broadcasts_arrive()
    {
        var client = await ConnectAsync(_plain.Url);
        var seen = new ConcurrentQueue<string>();
        using var handler = client.On<string>("hello", seen.Enqueue);
        _plain.Ping();
        _plain.Broadcast("hello", "world");
        await Wait.UntilAsync(() => seen.Contains("world", StringComparer.Ordinal));
        _plain.Violations.ShouldBeEmpty();
        _plain.Commands.ShouldBe(["mesh/session"]);
    }

    private static IEnumerable<string> AllOf(Viewer viewer) => viewer.Shown.Split(", ").Order(StringComparer.Ordinal);
}
