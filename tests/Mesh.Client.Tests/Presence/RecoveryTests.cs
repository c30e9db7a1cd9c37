namespace Mesh.Client.Tests;

/// <summary>Whatever goes wrong, everybody is back with their state, and nobody is told of what was not.</summary>
public sealed class RecoveryTests : Scenario
{
    [Fact]
    [Trait("Fault", "2")]
    public async Task After_a_reset_nothing_was_seen()
    {
        await StartAsync();
        var network = NewNetwork();
        var alice = await ConnectAsync(TestServer.UrlAt(network.Port));
        var hers = View(alice);
        await hers.SayAsync("alice", "here");
        var bob = View(await ConnectAsync());
        await bob.SayAsync("bob", "here");
        await hers.ShowsAsync("alice: here (1)", "bob: here (1)");
        var observer = Own(await PlainObserver.WatchAsync(Server.Url, "general"));
        var (id, updates, told) = (alice.ConnectionId, bob.Updates.Count, hers.Updates.Count);

        for (var round = 0; round < 3; round++)
        {
            network.Drop();
            await Wait.UntilAsync(() => hers.Freshness.Count >= 3 + 2 * round && hers.Presence.IsFresh && alice.Status == MeshClientStatus.Online);
        }
        alice.ConnectionId.ShouldBe(id);
        await bob.SayAsync("bob", "busy");
        await hers.ShowsAsync("alice: here (1)", "bob: busy (1)");
        observer.Updates.ShouldAllBe(update => update.StartsWith("state", StringComparison.Ordinal));
        bob.Updates.Count.ShouldBe(updates + 1);
        hers.Updates.Count.ShouldBe(told + 1);
    }

    [Fact]
    public async Task What_was_said_in_an_outage_is_said_after_it_and_of_several_the_newest()
    {
        await StartAsync();
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var alice = View(client);
        await alice.SayAsync("alice", "here");
        var observer = Own(await PlainObserver.WatchAsync(Server.Url, "general"));
        network.Refuse();
        network.Drop();
        await Wait.UntilAsync(() => client.Status == MeshClientStatus.Reconnecting);
        var said = Enumerable.Range(0, 10).Select(it => alice.SayAsync("alice", $"late {it}")).ToList();
        alice.Presence.Read().ShouldBe(new State("alice", "late 9"));
        await Wait.UntilAsync(() => !alice.Presence.IsFresh);
        network.Forward();
        await Task.WhenAll(said).InTimeAsync();
        await alice.ShowsAsync("alice: late 9 (1)");
        await Wait.UntilAsync(() => observer.Updates.Count == 1);
        observer.Updates[0].ShouldBe($$"""state {{client.ConnectionId}} {"userId":"alice","status":"late 9"}""");
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task Who_was_away_for_longer_than_the_grace_is_back_with_its_state()
    {
        await StartAsync(it => it.Grace = TimeSpan.FromMilliseconds(100));
        var network = NewNetwork();
        var alice = View(await ConnectAsync(TestServer.UrlAt(network.Port)));
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync());
        await bob.SayAsync("bob", "here");
        network.Refuse();
        network.Drop();
        await bob.ShowsAsync("bob: here (1)");
        await bob.SayAsync("bob", "alone");
        network.Forward();
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("bob: alone (1)", "alice: here (1)");
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task After_a_restart_of_the_server_everybody_is_back()
    {
        var port = FreePort.Next();
        var server = await TestServer.StartAsync(port);
        var alice = View(await ConnectAsync(server.Url));
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync(server.Url)); // Only now: users are shown in the order of their joins.
        await bob.SayAsync("bob", "here");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: here (1)", "bob: here (1)");
        await server.DisposeAsync();
        await Wait.UntilAsync(() => !alice.Presence.IsFresh && !bob.Presence.IsFresh);
        Viewer.Text(alice.Presence.Users).ShouldBe("alice: here (1), bob: here (1)");
        await StartAsync(port: port);
        foreach (var viewer in new[] { alice, bob })
            await Wait.UntilAsync(() => viewer.Presence.IsFresh && viewer.Presence.Users.Select(user => $"{user.Id} {user.TabCount}").Order(StringComparer.Ordinal).SequenceEqual(["alice 1", "bob 1"], StringComparer.Ordinal), () => viewer.Shown);
        await alice.SayAsync("alice", "again");
        await Wait.UntilAsync(() => bob.Shown.Contains("alice: again (1)", StringComparison.Ordinal) && bob.Shown == alice.Shown, () => $"{alice.Shown} / {bob.Shown}");
    }

    [Fact]
    public async Task A_black_hole_is_found_and_nothing_was_seen()
    {
        await StartAsync(it => it.PingInterval = TimeSpan.FromMilliseconds(600));
        var network = NewNetwork();
        var alice = await ConnectAsync(TestServer.UrlAt(network.Port));
        var hers = View(alice);
        await hers.SayAsync("alice", "here");
        var observer = Own(await PlainObserver.WatchAsync(Server.Url, "general"));
        var id = alice.ConnectionId;
        network.BlackHole();
        network.Forward();
        var saying = hers.SayAsync("alice", "busy");
        await Wait.UntilAsync(() => hers.Freshness.Contains(false));
        await saying;
        alice.ConnectionId.ShouldBe(id);
        await hers.ShowsAsync("alice: busy (1)");
        await Wait.UntilAsync(() => observer.Updates.Count > 0);
        observer.Updates.ShouldBe([$$"""state {{id}} {"userId":"alice","status":"busy"}"""]);
    }

    [Fact]
    public async Task A_helper_that_was_made_before_there_was_a_server_is_as_good_as_any()
    {
        var port = FreePort.Next();
        var client = NewClient(TestServer.UrlAt(port));
        var alice = View(client);
        var saying = alice.SayAsync("alice", "early");
        alice.Presence.Read().ShouldBe(new State("alice", "early"));
        var connecting = client.ConnectAsync();
        await StartAsync(port: port);
        await connecting.InTimeAsync();
        await saying;
        await alice.ShowsAsync("alice: early (1)");
        alice.Freshness.ShouldBe([true]);
    }

    [Fact]
    public async Task A_room_that_was_given_up_in_an_outage_is_left_after_it()
    {
        await StartAsync();
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var (general, other) = (View(client), View(client, "other", "other"));
        await general.SayAsync("alice", "here");
        await other.SayAsync("alice", "there");
        var bob = View(await ConnectAsync(), "other", "other");
        await bob.ShowsAsync("alice: there (1)");
        network.Refuse();
        network.Drop();
        await Wait.UntilAsync(() => client.Status == MeshClientStatus.Reconnecting);
        await other.Presence.DisposeAsync().InTimeAsync();
        network.Forward();
        await bob.ShowsAsync();
        await general.ShowsAsync("alice: here (1)");
    }

    [Fact]
    public async Task Freshness_is_told_as_it_changes()
    {
        await StartAsync();
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var alice = View(client);
        await alice.Presence.Ready.InTimeAsync();
        network.Drop();
        await Wait.UntilAsync(() => alice.Freshness.Count >= 3 && alice.Presence.IsFresh);
        alice.Freshness.ShouldBe([true, false, true]);
        await client.CloseAsync().InTimeAsync();
        await Wait.UntilAsync(() => alice.Freshness.Count == 4);
        await client.ConnectAsync().InTimeAsync();
        await Wait.UntilAsync(() => alice.Freshness.Count == 5);
        alice.Freshness.ShouldBe([true, false, true, false, true]);
    }

    [Fact]
    public async Task Many_rooms_come_back_in_frames_that_the_server_takes()
    {
        await StartAsync();
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var rooms = Enumerable.Range(0, 40).Select(it => View(client, $"room {it}", $"state {it}")).ToList();
        var text = new string('x', 8_000);
        foreach (var room in rooms) await room.SayAsync("alice", text);
        await client.CloseAsync().InTimeAsync();
        await client.ConnectAsync().InTimeAsync();
        foreach (var room in rooms) await room.ShowsAsync($"alice: {text} (1)");
        client.Status.ShouldBe(MeshClientStatus.Online);
    }
}
