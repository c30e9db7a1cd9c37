namespace Mesh.Client.Tests;

/// <summary>One client of several users, one after the other: none of them is taken for another (protocol §9).</summary>
public sealed class AnotherUserTests : Scenario
{
    private readonly MemoryPresenceStorage _storage = new();
    private string? _user = "alice";

    public override async ValueTask InitializeAsync() => await StartAsync(users: new());

    [Fact]
    public async Task Who_comes_after_another_has_nothing_of_theirs_and_who_comes_back_has_their_own()
    {
        var client = await SignInAsync();
        var viewer = View(client);
        await viewer.SayAsync("whoever", "hers");
        var observer = View(await ConnectAsync());
        await observer.ShowsAsync("alice: hers (1)");
        await SwitchAsync(client, "bob");
        await observer.ShowsAsync();
        viewer.Presence.Read().ShouldBeNull();
        await viewer.SayAsync("whoever", "his");
        await observer.ShowsAsync("bob: his (1)");
        _storage.Get("m:presence:state:alice").ShouldBe("""{"userId":"whoever","status":"hers"}""");
        _storage.Get("m:presence:state:bob").ShouldBe("""{"userId":"whoever","status":"his"}""");
        await SwitchAsync(client, null);
        await observer.ShowsAsync();
        viewer.Presence.Read().ShouldBeNull();
        await SwitchAsync(client, "alice");
        await observer.ShowsAsync("alice: hers (1)");
        viewer.Presence.Read().ShouldBe(new State("whoever", "hers"));
        _storage.Get("m:presence:state").ShouldBeNull();
    }

    [Fact]
    public async Task What_a_sibling_of_the_former_user_said_is_not_the_new_ones()
    {
        var client = await SignInAsync();
        var viewer = View(client);
        var sibling = await ConnectAsync(options: it => it.Headers[TestUsers.Header] = "alice");
        await View(sibling).SayAsync("whoever", "hers");
        await Wait.UntilAsync(() => viewer.Presence.Read() is not null);
        await viewer.ShowsAsync("alice: hers (2)");
        await SwitchAsync(client, "bob");
        await viewer.ShowsAsync("alice: hers (1)");
        viewer.Presence.Read().ShouldBeNull();
    }

    [Fact]
    public async Task What_waited_to_be_said_is_not_said_for_another()
    {
        var client = await SignInAsync();
        var viewer = View(client);
        await viewer.SayAsync("whoever", "hers");
        await client.CloseAsync().InTimeAsync();
        var late = viewer.Presence.PublishAsync(new State("whoever", "late"));
        await Should.ThrowAsync<MeshException>(late.InTimeAsync());
        viewer.Presence.Read().ShouldBe(new State("whoever", "late"));
        await SwitchAsync(client, "bob");
        await viewer.ShowsAsync();
        viewer.Presence.Read().ShouldBeNull();
        // It is alice's all the same.
        await SwitchAsync(client, "alice");
        await viewer.ShowsAsync("alice: late (1)");
    }

    [Fact]
    public async Task Who_waits_for_it_is_told_so()
    {
        var network = NewNetwork();
        var client = await SignInAsync(TestServer.UrlAt(network.Port));
        var viewer = View(client);
        await viewer.SayAsync("whoever", "hers");
        _user = "bob";
        network.Refuse();
        network.Drop();
        await Wait.UntilAsync(() => client.Status == MeshClientStatus.Reconnecting);
        var late = viewer.Presence.PublishAsync(new State("whoever", "late"));
        network.Forward();
        (await Should.ThrowAsync<MeshException>(late.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        await Wait.UntilAsync(() => client.UserId == "bob");
        await viewer.SayAsync("whoever", "his");
        await Wait.UntilAsync(() => viewer.Shown.Contains("bob: his (1)", StringComparison.Ordinal) && !viewer.Shown.Contains("late", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_nobody_verified_left_is_not_a_verified_users_and_what_was_just_said_is()
    {
        _storage.Set("m:presence:state", """{"userId":"whoever","status":"left"}""");
        var client = NewSignedIn();
        var (general, other) = (View(client), View(client, "other", "other"));
        general.Presence.Read().ShouldBe(new State("whoever", "left"));
        var saying = other.SayAsync("whoever", "early");
        other.Presence.Read().ShouldBe(new State("whoever", "early"));
        await client.ConnectAsync().InTimeAsync();
        await saying;
        await other.ShowsAsync("alice: early (1)");
        await general.Presence.Ready.InTimeAsync();
        await general.ShowsAsync();
        general.Presence.Read().ShouldBeNull();
        other.Presence.Read().ShouldBe(new State("whoever", "early"));
        _storage.Get("m:presence:state").ShouldNotBeNull();
        _storage.Get("m:presence:other").ShouldBeNull();
    }

    [Fact]
    public async Task What_one_has_said_before_any_session_is_neither_read_nor_said_by_the_next_one()
    {
        await SayInVainAsync(Server.Url);
        _user = "bob";
        var client = NewSignedIn();
        var viewer = View(client);
        viewer.Presence.Read().ShouldBeNull();
        await client.ConnectAsync().InTimeAsync();
        await viewer.Presence.Ready.InTimeAsync();
        await viewer.ShowsAsync();
        viewer.Presence.Read().ShouldBeNull();
        _storage.Get("m:presence:state").ShouldBe("""{"userId":"whoever","status":"in vain"}""");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_nobody_is_verified_the_next_client_says_it_as_soon_as_that_is_known(bool toPlainServer)
    {
        var url = toPlainServer ? Own(await PlainServer.StartAsync()).Url : Server.Url;
        _user = null;
        await SayInVainAsync(url);
        var client = NewSignedIn(url);
        var viewer = View(client);
        viewer.Presence.Read().ShouldBeNull();
        client.ConnectionId.ShouldBeNull();
        await client.ConnectAsync().InTimeAsync();
        viewer.Presence.Read().ShouldBe(new State("whoever", "in vain"));
        await viewer.ShowsAsync("whoever: in vain (1)");
        // Acknowledged by now: those after it have it at once.
        await Wait.UntilAsync(() => _storage.Get("m:presence-stamp:state")?.Contains("early", StringComparison.Ordinal) is not true);
        await client.CloseAsync().InTimeAsync();
        for (var next = 0; next < 2; next++) View(NewSignedIn(url)).Presence.Read().ShouldBe(new State("whoever", "in vain"));
    }

    [Fact]
    public async Task A_clear_in_vain_is_said_by_the_next_client_too()
    {
        _user = null;
        var client = await SignInAsync();
        await View(client).SayAsync("whoever", "here");
        await client.CloseAsync().InTimeAsync();
        await SayInVainAsync(Server.Url, clears: true);
        var viewer = View(await SignInAsync());
        await viewer.Presence.Ready.InTimeAsync();
        await viewer.ShowsAsync();
        viewer.Presence.Read().ShouldBeNull();
        await Wait.UntilAsync(() => _storage.Get("m:presence-stamp:state")?.Contains("early", StringComparison.Ordinal) is not true);
    }

    [Fact]
    public async Task While_a_connection_is_away_it_is_known_whose_the_states_are()
    {
        _user = null;
        var client = await SignInAsync();
        var viewer = View(client);
        await client.CloseAsync().InTimeAsync();
        client.ConnectionId.ShouldNotBeNull();
        (await Should.ThrowAsync<MeshException>(viewer.SayAsync("whoever", "later"))).Code.ShouldBe(ErrorCodes.Closed);
        _storage.Get("m:presence-stamp:state").ShouldBeNull();
        View(NewSignedIn()).Presence.Read().ShouldBe(new State("whoever", "later"));
    }

    [Fact]
    public async Task A_helper_that_is_made_later_finds_its_users_state()
    {
        var client = await SignInAsync();
        await View(client).SayAsync("whoever", "hers");
        await client.CloseAsync().InTimeAsync();
        View(client, "other").Presence.Read().ShouldBe(new State("whoever", "hers"));
    }

    [Fact]
    public async Task Metadata_of_the_former_user_is_not_the_new_ones()
    {
        var client = await SignInAsync();
        await client.SetConnectionMetadataAsync(new State("alice", "hers")).InTimeAsync();
        await SwitchAsync(client, "bob");
        // What is told at the start is told before this.
        await client.CommandAsync<string>("echo", "x").InTimeAsync();
        Server.Mesh.FindConnection(client.ConnectionId!)!.Metadata.HasValue.ShouldBeFalse();
    }

    private MeshClient NewSignedIn(string? url = null) => NewClient(url, options: it =>
    {
        it.Storage = _storage;
        it.AccessTokenProvider = _ => new(_user);
    });

    /// <summary>By a client that never connects.</summary>
    private async Task SayInVainAsync(string url, bool clears = false)
    {
        var state = clears ? null : new State("whoever", "in vain");
        var viewer = View(NewSignedIn(url));
        var saying = viewer.Presence.PublishAsync(state);
        viewer.Presence.Read().ShouldBe(state);
        await viewer.Presence.DisposeAsync();
        (await Should.ThrowAsync<MeshException>(saying.InTimeAsync())).Code.ShouldBe(ErrorCodes.Disposed);
    }

    private async Task<MeshClient> SignInAsync(string? url = null)
    {
        var client = NewSignedIn(url);
        await client.ConnectAsync().InTimeAsync();
        return client;
    }

    private async Task SwitchAsync(MeshClient client, string? user)
    {
        _user = user;
        await client.CloseAsync().InTimeAsync();
        await client.ConnectAsync().InTimeAsync();
        client.UserId.ShouldBe(user);
    }
}
