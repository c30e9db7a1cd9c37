using System.Security.Claims;
using System.Text.Json;
using Mesh.Server;
using Microsoft.AspNetCore.Builder;

namespace Mesh.Client.Tests;

/// <summary>Who is here, by user.</summary>
public sealed class PresenceTests : Scenario
{
    public override async ValueTask InitializeAsync() => await StartAsync(mesh: it => it.TrackPresence("*", room => room.GuardBy(guard => guard.Room != "vip")));

    [Fact]
    [Trait("Fault", "1")]
    public async Task Users_see_each_other_in_the_order_of_joining()
    {
        var alice = View(await ConnectAsync());
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync());
        await bob.ShowsAsync("alice: here (1)");
        await bob.SayAsync("bob", "busy");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: here (1)", "bob: busy (1)");
        await bob.Presence.DisposeAsync();
        await alice.ShowsAsync("alice: here (1)");
        await alice.Presence.ClearAsync().InTimeAsync();
        await alice.ShowsAsync();
        alice.Presence.Read().ShouldBeNull();
    }

    [Fact]
    public async Task What_was_published_is_shown_when_the_publisher_goes_on()
    {
        var alice = View(await ConnectAsync());
        for (var round = 0; round < 20; round++)
        {
            await alice.SayAsync("alice", $"round {round}");
            Viewer.Text(alice.Presence.Users).ShouldBe($"alice: round {round} (1)");
        }
        alice.Presence.Read().ShouldBe(new State("alice", "round 19"));
        alice.Presence.IsFresh.ShouldBeTrue();
        await alice.Presence.Ready.InTimeAsync();
        await alice.Presence.PublishAsync(null).InTimeAsync();
        alice.Presence.Users.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Fault", "4")]
    public async Task Entering_a_room_is_one_update_however_many_are_in_it()
    {
        var empty = View(await ConnectAsync());
        await Wait.UntilAsync(() => empty.Updates.Count == 1);
        empty.Shown.ShouldBe("");

        var client = await ConnectAsync();
        for (var member = 0; member < 20; member++) await View(await ConnectAsync()).SayAsync($"user {member}", "here");
        var late = View(client);
        await late.Presence.Ready.InTimeAsync();
        await Wait.UntilAsync(() => late.Updates.Count == 1);
        late.Updates[0].Count.ShouldBe(20);
        late.Freshness.ShouldBe([true]);
    }

    [Fact]
    public async Task Who_has_not_changed_stays_the_same_object()
    {
        var viewers = new List<Viewer>();
        foreach (var user in new[] { "alice", "bob", "carol", "dave" })
        {
            viewers.Add(View(await ConnectAsync()));
            await viewers[^1].SayAsync(user, "here");
        }
        var observer = View(await ConnectAsync());
        await observer.ShowsAsync("alice: here (1)", "bob: here (1)", "carol: here (1)", "dave: here (1)");
        var before = observer.Presence.Users;
        await viewers[1].SayAsync("bob", "busy");
        await observer.ShowsAsync("alice: here (1)", "bob: busy (1)", "carol: here (1)", "dave: here (1)");
        var after = observer.Presence.Users;
        after.ShouldNotBeSameAs(before);
        foreach (var same in new[] { 0, 2, 3 }) after[same].ShouldBeSameAs(before[same]);
        await viewers[0].Presence.DisposeAsync();
        await observer.ShowsAsync("bob: busy (1)", "carol: here (1)", "dave: here (1)");
        for (var at = 0; at < 3; at++) observer.Presence.Users[at].ShouldBeSameAs(after[at + 1]);
    }

    [Fact]
    public async Task A_verified_user_is_told_from_a_claim()
    {
        await using var server = await TestServer.StartAsync(
            options: it => it.UserId = user => user.Identity?.Name,
            before: app => app.Use((http, next) =>
            {
                if (http.Request.Headers["X-User"].ToString() is { Length: > 0 } name) http.User = new(new ClaimsIdentity([new(ClaimTypes.Name, name)], "test"));
                return next(http);
            }));
        var client = await ConnectAsync(server.Url, options: it => it.Headers["X-User"] = "alice");
        client.UserId.ShouldBe("alice");
        var alice = View(client);
        await alice.SayAsync("whatever", "true");
        await View(await ConnectAsync(server.Url)).SayAsync("alice", "claimed");
        await Wait.UntilAsync(() => alice.Presence.Users.Count == 2);
        alice.Presence.Users.Select(user => (user.Id, user.State!.Status, user.Verified)).ShouldBe([("alice", "true", true), ("alice", "claimed", false)]);
    }

    [Fact]
    public async Task A_state_that_is_something_else_is_nobodys()
    {
        var client = await ConnectAsync();
        await client.JoinRoomAsync("general").InTimeAsync();
        (await client.PublishPresenceStateAsync("general", new[] { 1, 2 }).InTimeAsync()).ShouldBeTrue();
        var alice = View(await ConnectAsync());
        await alice.SayAsync("alice", "here");
        await alice.ShowsAsync("alice: here (1)");
    }

    [Fact]
    public async Task A_state_that_its_type_refuses_hides_nobody_else()
    {
        var client = await ConnectAsync();
        await client.JoinRoomAsync("general").InTimeAsync();
        (await client.PublishPresenceStateAsync("general", new { name = "" }).InTimeAsync()).ShouldBeTrue();
        var (carols, viewing) = (await ConnectAsync(), await ConnectAsync());
        await carols.JoinRoomAsync("general").InTimeAsync();
        (await carols.PublishPresenceStateAsync("general", new { name = "carol" }).InTimeAsync()).ShouldBeTrue();
        await using var presence = viewing.CreatePresence(new PresenceOptions<Named> { Room = "general", StorageKey = "state", StateIdentifier = state => state?.Name });
        await presence.PublishAsync(new("alice")).InTimeAsync();
        presence.Users.Select(user => user.Id).ShouldBe(["carol", "alice"]);

        viewing.Storage.Set("m:presence:state", """{"name":""}""");
        presence.Read().ShouldBeNull();
    }

    [Fact]
    public async Task A_state_ends_when_it_was_said_to()
    {
        var (alice, bob) = (View(await ConnectAsync()), View(await ConnectAsync()));
        await bob.Presence.Ready.InTimeAsync();
        await alice.Presence.PublishAsync(new("alice", "typing"), new() { ExpireAfter = TimeSpan.FromSeconds(2) }).InTimeAsync();
        await bob.ShowsAsync("alice: typing (1)");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync();
        await Wait.UntilAsync(() => alice.Presence.Read() is null);
    }

    [Fact]
    public async Task A_room_that_can_not_be_entered_says_why()
    {
        var client = await ConnectAsync();
        var vip = View(client, "vip");
        (await Should.ThrowAsync<MeshException>(vip.Presence.Ready.InTimeAsync())).Code.ShouldBe(ErrorCodes.Forbidden);
        (await Should.ThrowAsync<MeshException>(vip.SayAsync("alice", "please"))).Code.ShouldBe(ErrorCodes.Forbidden);
        var general = View(client);
        await general.SayAsync("alice", "here");
        var tooLarge = await Should.ThrowAsync<MeshException>(general.SayAsync("alice", new string('x', 20_000)));
        tooLarge.Code.ShouldBe(ErrorCodes.TooLarge);
        await general.SayAsync("alice", "short");
        await general.ShowsAsync("alice: short (1)");
    }

    [Fact]
    public async Task Options_are_checked()
    {
        var client = NewClient();
        PresenceOptions<State> Valid(string room = "r", string key = "k", TimeSpan expireAfter = default, bool both = false) => new()
        {
            Room = room,
            StorageKey = key,
            StateIdentifier = state => state?.UserId,
            StateIdentifierAsync = both ? state => new(state?.UserId) : null,
            ExpireAfter = expireAfter,
        };
        Should.Throw<ArgumentException>(() => client.CreatePresence(Valid(room: "")));
        Should.Throw<ArgumentException>(() => client.CreatePresence(Valid(room: "a\u0007")));
        Should.Throw<ArgumentException>(() => client.CreatePresence(Valid(key: "")));
        Should.Throw<ArgumentException>(() => client.CreatePresence(Valid(both: true)));
        Should.Throw<ArgumentException>(() => client.CreatePresence(Valid(expireAfter: TimeSpan.FromTicks(-1))));
        Should.Throw<ArgumentException>(() => client.CreatePresence(new PresenceOptions<State> { Room = "r", StorageKey = "k", StateIdentifier = state => state?.UserId, StateIdentifierAsync = state => new(state?.UserId) }));
        Should.Throw<ArgumentNullException>(() => client.CreatePresence<State>(null!));
        await using var presence = client.CreatePresence(Valid());
        await Should.ThrowAsync<ArgumentOutOfRangeException>(presence.PublishAsync(new("a", "b"), new() { ExpireAfter = TimeSpan.FromTicks(-1) }));
    }

    [Fact]
    public async Task A_state_may_be_of_any_type()
    {
        var client = await ConnectAsync();
        await using var numbers = client.CreatePresence(new PresenceOptions<int> { Room = "numbers", StorageKey = "n", StateIdentifier = number => $"user {number}" });
        await numbers.PublishAsync(7).InTimeAsync();
        numbers.Users.ShouldBe([new PresenceUser<int>("user 7", 7, 1, false)]);
        numbers.Read().ShouldBe(7);
        await using var raw = client.CreatePresence(new PresenceOptions<JsonElement> { Room = "raw", StorageKey = "r", StateIdentifier = state => state.GetProperty("who").GetString() });
        await raw.PublishAsync(JsonElement.Parse("""{"who":"alice","deep":{"x":[1,2.50]}}""")).InTimeAsync();
        raw.Users.Single().State.GetRawText().ShouldBe("""{"who":"alice","deep":{"x":[1,2.50]}}""");
    }

    private sealed record Named
    {
        public Named(string name)
        {
            ArgumentException.ThrowIfNullOrEmpty(name);
            Name = name;
        }

        public string Name { get; }
    }
}
