namespace Mesh.EndToEnd.Tests;

/// <summary>The network and the server fail, and come back.</summary>
public sealed class NetworkScenarios(Chromium chromium) : Scenario(chromium)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Fault", "2")]
    public async Task A_drop_inside_the_grace_is_noticed_by_nobody(bool longEnoughToFailOnce)
    {
        await BeginAsync("--Mesh:Grace=00:00:03");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(network.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        await bob.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");

        if (longEnoughToFailOnce)
        {
            network.Refuse();
            await alice.Page.RunAndWaitForConsoleMessageAsync(() =>
            {
                network.Drop();
                return Task.CompletedTask;
            }, new() { Predicate = message => message.Type == "error" });
            network.Forward();
        }
        else
        {
            network.Drop();
        }

        await bob.SayAsync("meanwhile");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: busy (tabs: 1)", "bob: meanwhile (tabs: 1)");
        await alice.SayAsync("after");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: after (tabs: 1)", "bob: meanwhile (tabs: 1)");
        await Observer.SettleAsync(TimeSpan.FromSeconds(3.5));
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy", "join 2", "state 2 bob/", "state 2 bob/meanwhile", "state 1 alice/after");
        foreach (var tab in new[] { alice, bob }) await tab.KeptShowingAsync(2);
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task After_a_drop_longer_than_the_grace_the_user_is_back_with_state_without_a_click()
    {
        await BeginAsync("--Mesh:Grace=00:00:01");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(network.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        await bob.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");

        network.Refuse();
        network.Drop();
        await Observer.HearsAsync("leave 1");
        await bob.ShowsAsync("bob: (tabs: 1)");
        network.Forward();

        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("bob: (tabs: 1)", "alice: busy (tabs: 1)");
        await bob.SayAsync("hello again");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("bob: hello again (tabs: 1)", "alice: busy (tabs: 1)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy", "join 2", "state 2 bob/",
            "leave 1", "join 3", "state 3 alice/busy", "state 2 bob/hello again");
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task After_a_restart_of_the_server_all_are_back_with_their_states_without_a_click()
    {
        await BeginAsync();
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenDemoAsync(Server.Origin);
        await first.ShowsAsync("alice: (tabs: 1)");
        await first.SayAsync("busy");
        await first.ShowsAsync("alice: busy (tabs: 1)");
        var second = await alice.OpenDemoAsync(Server.Origin);
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        foreach (var tab in new[] { first, second, bob }) await tab.ShowsAsync("alice: busy (tabs: 2)", "bob: (tabs: 1)");
        await bob.SayAsync("here");
        foreach (var tab in new[] { first, second, bob }) await tab.ShowsAsync("alice: busy (tabs: 2)", "bob: here (tabs: 1)");

        await Server.KillAsync();
        await Server.StartAgainAsync();
        await ObserveAgainAsync();

        await Observer.SeesAsync(view => view.Values.Order(StringComparer.Ordinal).SequenceEqual(["alice/busy", "alice/busy", "bob/here"], StringComparer.Ordinal));
        var users = await UsersInAnyOrderAsync(first);
        users.Order(StringComparer.Ordinal).ShouldBe(["alice: busy (tabs: 2)", "bob: here (tabs: 1)"]);
        foreach (var tab in new[] { second, bob }) await tab.ShowsAsync(users);
        await bob.SayAsync("still here");
        users = [.. users.Select(user => user.Replace("here", "still here", StringComparison.Ordinal))];
        foreach (var tab in new[] { first, second, bob }) await tab.ShowsAsync(users);
        await Observer.SettleAsync(TimeSpan.FromMilliseconds(100));
        Observer.Log.ShouldNotContain(line => line.StartsWith("leave", StringComparison.Ordinal));
        Observer.View.Count.ShouldBe(3);
    }

    // Who is back first is first in the room.
    private static async Task<string[]> UsersInAnyOrderAsync(DemoTab tab)
    {
        await tab.Page.WaitForFunctionAsync("document.querySelector('#user-list').textContent.includes('tabs: 2') && document.querySelectorAll('#user-list li').length === 2");
        return [.. await tab.Page.Locator("#user-list li").AllTextContentsAsync()];
    }

    [Fact]
    public async Task A_connection_that_a_black_hole_swallowed_is_replaced_and_nobody_notices()
    {
        await BeginAsync("--Mesh:PingInterval=00:00:02", "--Mesh:Grace=00:00:20");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(network.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: (tabs: 1)", "bob: (tabs: 1)");

        network.BlackHole();
        network.Forward();
        await bob.SayAsync("meanwhile");

        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: (tabs: 1)", "bob: meanwhile (tabs: 1)");
        await alice.SayAsync("after");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: after (tabs: 1)", "bob: meanwhile (tabs: 1)");
        await Observer.LogIsAsync("join 1", "state 1 alice/", "join 2", "state 2 bob/", "state 2 bob/meanwhile", "state 1 alice/after");
        foreach (var tab in new[] { alice, bob }) await tab.KeptShowingAsync(2);
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task A_page_that_is_open_before_its_server_comes_up_by_itself()
    {
        await BeginAsync();
        var browser = await OpenBrowserAsync("alice");
        await browser.TakePagesFromAsync(Server);
        var port = FreePort.Next();
        var alice = await browser.OpenDemoAsync(DemoServer.OriginAt(port));
        for (var failed = 0; failed < 2; failed++)
            await alice.Page.WaitForConsoleMessageAsync(new() { Predicate = message => message.Type == "error" });

        var late = Own(await DemoServer.StartAtAsync(port));

        await alice.ShowsAsync("alice: (tabs: 1)");
        await using var observer = await PlainObserver.ConnectAsync(late);
        observer.View.Values.ShouldBe(["alice/"]);
        await alice.SayAsync("here");
        await alice.ShowsAsync("alice: here (tabs: 1)");
        await observer.LogIsAsync("state 1 alice/here");
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task A_state_too_large_for_the_server_after_its_restart_is_told_once_and_is_nobody_elses_trouble()
    {
        await BeginAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        var bob = await (await OpenBrowserAsync("bob")).OpenScriptAsync(Server.Origin);
        foreach (var tab in new[] { alice, bob }) await tab.EnterAsync();
        await alice.RunAsync("""
            window.codes = [];
            client.on("error", ({ code }) => codes.push(code));
            await users.publish({ userId: "alice", status: "long", note: "x".repeat(1_000) });
            """);
        await bob.SayAsync("here");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: long (tabs: 1)", "bob: here (tabs: 1)");

        await Server.KillAsync();
        await Server.StartAgainAsync("--Mesh:StateBytes=200");
        await ObserveAgainAsync();

        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("bob: here (tabs: 1)");
        await alice.UntilAsync("codes.includes('ETOOLARGE') && users.fresh");
        await Observer.SeesAsync(view => view.Count == 2);
        await Observer.SettleAsync(TimeSpan.FromSeconds(3));
        (await alice.ValueAsync<string[]>("codes.filter((code) => code === 'ETOOLARGE')")).ShouldHaveSingleItem();
        Observer.View.Values.Order(StringComparer.Ordinal).ShouldBe([null, "bob/here"]);
        await alice.SayAsync("short");
        await Observer.SeesAsync(view => view.Values.Contains("alice/short", StringComparer.Ordinal));
        foreach (var tab in new[] { alice, bob }) await tab.UntilAsync("views.users.at(-1).toSorted().join() === 'alice: short (tabs: 1),bob: here (tabs: 1)'");
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task What_is_disposed_in_a_black_hole_is_gone_as_soon_as_the_network_is_back()
    {
        await BeginAsync("--Mesh:PingInterval=00:00:02", "--Mesh:Grace=00:01:00");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.EnterAsync();
        await alice.SayAsync("here");
        var id = await alice.ValueAsync<string>("client.connectionId");

        network.BlackHole();
        await alice.RunAsync("window.disposed = outcome(users.dispose())");
        network.Forward();

        await Observer.LogIsAsync("join 1", "state 1 alice/here", "leave 1");
        (await alice.ValueAsync<string>("disposed")).ShouldBe("resolved");
        (await alice.ValueAsync<string>("client.connectionId")).ShouldBe(id);
        await alice.RunAsync("await client.close()");
        await Observer.LogIsAsync("join 1", "state 1 alice/here", "leave 1");
    }
}
