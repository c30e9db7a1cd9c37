namespace Mesh.Client.Tests;

/// <summary>One user with several clients: what any of them says is what the user says.</summary>
public sealed class TakeoverTests : Scenario
{
    private const string Key = "alice-and-nobody-else";

    public override async ValueTask InitializeAsync() => await StartAsync();

    [Fact]
    public async Task Two_clients_of_one_user_are_one_user_and_the_state_outlives_who_said_it()
    {
        var (phone, laptop) = (View(await ConnectAsync(key: Key)), View(await ConnectAsync(key: Key)));
        var bob = View(await ConnectAsync());
        await phone.SayAsync("alice", "here");
        foreach (var viewer in new[] { phone, laptop, bob }) await viewer.ShowsAsync("alice: here (2)");
        laptop.Presence.Read().ShouldBe(new State("alice", "here"));
        await laptop.SayAsync("alice", "busy");
        foreach (var viewer in new[] { phone, laptop, bob }) await viewer.ShowsAsync("alice: busy (2)");
        await Wait.UntilAsync(() => phone.Presence.Read() == new State("alice", "busy"));
        await laptop.Presence.DisposeAsync();
        foreach (var viewer in new[] { phone, bob }) await viewer.ShowsAsync("alice: busy (1)");
        var carol = View(await ConnectAsync());
        await carol.ShowsAsync("alice: busy (1)");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_said_in_parting_stays_the_users_state(bool comesForIt)
    {
        var client = await ConnectAsync(key: Key);
        var (phone, laptop) = (View(await ConnectAsync(key: Key)), View(client));
        var bob = View(await ConnectAsync());
        await laptop.SayAsync("alice", "here");
        foreach (var viewer in new[] { phone, laptop, bob }) await viewer.ShowsAsync("alice: here (2)");
        if (comesForIt) client = await ConnectAsync(key: Key);
        var parting = comesForIt ? View(client) : laptop;
        // What is said is not yet shown when it leaves.
        for (var count = 0; count < 10; count++) await client.PublishPresenceStateAsync("general", new State("alice", $"busy {count}")).InTimeAsync();
        await parting.Presence.DisposeAsync();
        foreach (var viewer in new[] { phone, bob }) await viewer.ShowsAsync($"alice: busy 9 ({(comesForIt ? 2 : 1)})");
    }

    [Fact]
    public async Task A_clear_is_taken_over_too()
    {
        var (phone, laptop) = (View(await ConnectAsync(key: Key)), View(await ConnectAsync(key: Key)));
        await phone.SayAsync("alice", "here");
        await laptop.ShowsAsync("alice: here (2)");
        await laptop.Presence.ClearAsync().InTimeAsync();
        foreach (var viewer in new[] { phone, laptop })
        {
            await viewer.ShowsAsync();
            await Wait.UntilAsync(() => viewer.Presence.Read() is null);
        }
    }

    [Fact]
    [Trait("Fault", "7")]
    public async Task Who_claims_to_be_another_user_puts_nothing_into_their_mouth()
    {
        var alice = View(await ConnectAsync(key: Key));
        await alice.SayAsync("alice", "mine");
        var mallory = View(await ConnectAsync(key: "mallory-and-nobody-else"));
        await mallory.SayAsync("alice", "forged");
        await alice.ShowsAsync("alice: forged (2)");
        alice.Presence.Read().ShouldBe(new State("alice", "mine"));
        await mallory.Presence.DisposeAsync();
        await alice.ShowsAsync("alice: mine (1)");
    }

    [Fact]
    [Trait("Fault", "8")]
    public async Task Who_slept_does_not_overwrite_what_was_said_later()
    {
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port), Key);
        var laptop = View(client);
        await laptop.SayAsync("alice", "at work");
        await client.CloseAsync().InTimeAsync();
        var phone = View(await ConnectAsync(key: Key));
        await phone.SayAsync("alice", "at home");
        await client.ConnectAsync().InTimeAsync();
        foreach (var viewer in new[] { laptop, phone }) await viewer.ShowsAsync("alice: at home (2)");
        await Wait.UntilAsync(() => laptop.Presence.Read() == new State("alice", "at home"));
    }

    [Fact]
    [Trait("Fault", "8")]
    public async Task Whoever_is_last_all_agree()
    {
        var viewers = new[] { View(await ConnectAsync(key: Key)), View(await ConnectAsync(key: Key)), View(await ConnectAsync()) };
        await Task.WhenAll(viewers.Take(2).SelectMany((viewer, who) => Enumerable.Range(0, 30).Select(it => viewer.SayAsync("alice", $"{who}-{it}")))).InTimeAsync();
        await Wait.UntilAsync(() => viewers.Select(viewer => viewer.Shown).Distinct(StringComparer.Ordinal).Count() == 1 && viewers[0].Shown.EndsWith("(2)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_processes_on_one_machine_are_two_tabs()
    {
        var folder = Directory.CreateTempSubdirectory("mesh-client-tests-").FullName;
        try
        {
            MeshClient[] processes = [.. Enumerable.Range(0, 2).Select(_ => NewClient(options: it => it.Storage = new FilePresenceStorage(folder)))];
            await Task.WhenAll(processes.Select(process => process.ConnectAsync())).InTimeAsync();
            var viewers = processes.Select(process => View(process)).ToList();
            await viewers[0].SayAsync("alice", "here");
            foreach (var viewer in viewers) await viewer.ShowsAsync("alice: here (2)");
            foreach (var viewer in viewers) viewer.Presence.Read().ShouldBe(new State("alice", "here"));

            // The next one has it before it has connected, and puts it back as it was.
            foreach (var process in processes) await process.DisposeAsync();
            var next = NewClient(options: it => it.Storage = new FilePresenceStorage(folder));
            var seen = View(next);
            seen.Presence.Read().ShouldBe(new State("alice", "here"));
            await next.ConnectAsync().InTimeAsync();
            await seen.ShowsAsync("alice: here (1)");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Two_helpers_in_one_room_share_its_member()
    {
        var client = await ConnectAsync();
        var (first, second) = (View(client), View(client));
        await first.SayAsync("alice", "here");
        foreach (var viewer in new[] { first, second }) await viewer.ShowsAsync("alice: here (1)");
        await second.SayAsync("alice", "busy");
        foreach (var viewer in new[] { first, second }) await viewer.ShowsAsync("alice: busy (1)");
        await first.Presence.DisposeAsync();
        await second.SayAsync("alice", "still here");
        await second.ShowsAsync("alice: still here (1)");
        (await Should.ThrowAsync<MeshException>(first.SayAsync("alice", "x"))).Code.ShouldBe(ErrorCodes.Disposed);
    }
}
