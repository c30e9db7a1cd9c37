namespace Mesh.EndToEnd.Tests;

/// <summary>Whose state a client makes its own, and whose never.</summary>
public sealed class TakeoverScenarios(Chromium chromium) : Scenario(chromium)
{
    private const string Key = "a-secret-of-alice-on-all-devices";

    [Fact]
    public async Task Another_browser_with_the_same_client_key_takes_over()
    {
        await BeginAsync();
        var laptop = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        var phone = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await laptop.EnterAsync(new { clientKey = Key });
        await laptop.SayAsync("at my desk");
        await phone.EnterAsync(new { clientKey = Key });
        await phone.SayAsync("on my way");

        foreach (var tab in new[] { laptop, phone }) await tab.ShowsAsync("alice: on my way (tabs: 2)");
        await Observer.HearsAsync("state 1 alice/on my way");
        await phone.CloseAsync();

        await laptop.ShowsAsync("alice: on my way (tabs: 1)");
        (await laptop.ValueAsync<string>("users.read().status")).ShouldBe("on my way");
        var log = Observer.Log;
        log.Take(2).ShouldBe(["join 1", "state 1 alice/at my desk"]);
        log.TakeLast(3).ShouldBe(["state 2 alice/on my way", "state 1 alice/on my way", "leave 2"]);
    }

    [Fact]
    public async Task Another_browser_without_it_does_not()
    {
        await BeginAsync();
        var laptop = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        var phone = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await laptop.EnterAsync();
        await laptop.SayAsync("at my desk");
        await phone.EnterAsync();
        await phone.SayAsync("on my way");

        foreach (var tab in new[] { laptop, phone }) await tab.ShowsAsync("alice: on my way (tabs: 2)");
        await phone.CloseAsync();

        await laptop.ShowsAsync("alice: at my desk (tabs: 1)");
        (await laptop.ValueAsync<string>("users.read().status")).ShouldBe("at my desk");
        await Observer.LogIsAsync("join 1", "state 1 alice/at my desk", "join 2", "state 2 alice/on my way", "leave 2");
    }

    [Fact]
    [Trait("Fault", "7")]
    public async Task A_state_forged_by_a_stranger_is_never_taken_over()
    {
        await BeginAsync(LongReloadGrace);
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var plain = await ConnectPlainAsync();
        var mallory = await (await OpenBrowserAsync("mallory")).OpenScriptAsync(Server.Origin);
        await mallory.EnterAsync();

        // Without authentication a claim is only a claim: it is shown, but it is not Alice's.
        await plain.PublishAsync("general", new { userId = "alice", status = "forged" });
        await mallory.RunAsync("await users.publish({ userId: 'alice', status: 'forged too' })");
        await alice.ShowsAsync("alice: forged too (tabs: 3)");
        (await alice.StoredAsync()).ShouldNotBeNull().ShouldContain("busy");

        await plain.DisposeAsync();
        await mallory.RunAsync("await client.close()");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        (await alice.StoredAsync()).ShouldNotBeNull().ShouldContain("busy");
        await alice.ReloadAsync();
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        await Observer.SettleAsync(TimeSpan.FromMilliseconds(100));
        Observer.Log.Where(line => line.StartsWith("state 1 ", StringComparison.Ordinal))
            .ShouldBe(["state 1 alice/", "state 1 alice/busy", "state 1 alice/busy"]);
    }

    [Fact]
    [Trait("Fault", "8")]
    public async Task Two_tabs_that_publish_at_once_are_seen_alike_by_all()
    {
        await BeginAsync("--Mesh:CommandsPerSecond=1000");
        var network = NewNetwork();
        network.Delay = TimeSpan.FromMilliseconds(60);
        var alice = await OpenBrowserAsync("alice", Key);
        var near = await alice.OpenScriptAsync(Server.Origin);
        // Another origin has another storage: what it shares with the first tab is the key.
        var far = await alice.OpenScriptAsync(network.Origin);
        var bob = await (await OpenBrowserAsync("bob")).OpenScriptAsync(Server.Origin);
        foreach (var tab in new[] { near, far, bob }) await tab.EnterAsync();

        for (var round = 1; round <= 5; round++)
        {
            await Task.WhenAll(near.SayAsync($"near {round}"), far.SayAsync($"far {round}"));
            // With both acknowledged there is only taking over left, which ends with all alike.
            await Observer.NowAsync();
            await Observer.SeesAsync(view => view["1"] is { } state && state == view["2"]);
            var status = Observer.View["1"]!["alice/".Length..];
            status.ShouldEndWith($" {round}");
            foreach (var tab in new[] { near, far, bob }) await tab.ShowsAsync($"alice: {status} (tabs: 2)");
        }

        var newcomer = await (await OpenBrowserAsync("carol")).OpenScriptAsync(Server.Origin);
        await newcomer.EnterAsync();
        await newcomer.ShowsAsync(await bob.Page.Locator("#users li").TextContentAsync() ?? "");
        await Observer.SettleAsync(TimeSpan.FromMilliseconds(200));
        Observer.View["1"].ShouldBe(Observer.View["2"]);
    }

    [Fact]
    public async Task Who_was_only_subscribed_takes_over_as_a_helper_and_the_subscriber_hears_on()
    {
        await BeginAsync();
        var laptop = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        var phone = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await laptop.EnterAsync(new { clientKey = Key });
        await laptop.SayAsync("at my desk");
        await phone.RunAsync($$"""
            await connect({ clientKey: "{{Key}}" });
            window.raw = [];
            const whose = (connectionId) => connectionId === client.connectionId ? "own" : "other";
            await client.subscribePresence("general", ({ type, connectionId, state }) =>
              raw.push(type === "state" ? `state ${whose(connectionId)} ${state?.status}` : `${type} ${whose(connectionId)}`));
            await present("users").ready;
            """);

        foreach (var tab in new[] { laptop, phone }) await tab.ShowsAsync("alice: at my desk (tabs: 2)");
        await Observer.LogIsAsync("join 1", "state 1 alice/at my desk", "join 2", "state 2 alice/at my desk");
        (await phone.ValueAsync<string>("users.read().status")).ShouldBe("at my desk");
        await laptop.SayAsync("in a meeting");
        await phone.UntilAsync("raw.includes('state own in a meeting')");
        await laptop.RunAsync("await client.close()");

        await phone.ShowsAsync("alice: in a meeting (tabs: 1)");
        await phone.UntilAsync("raw.includes('leave other')");
        (await phone.ValueAsync<string[]>("raw")).ShouldBe(
            ["join own", "state own at my desk", "state other in a meeting", "state own in a meeting", "leave other"]);
    }

    [Fact]
    public async Task A_tab_that_is_back_after_the_grace_says_what_its_sibling_said_meanwhile_and_nothing_older()
    {
        await BeginAsync("--Mesh:Grace=00:00:00.5");
        var network = NewNetwork();
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenScriptAsync(Server.Origin);
        var second = await alice.OpenScriptAsync(Server.Origin);
        await first.EnterAsync(url: network.Url);
        await first.SayAsync("old");
        await second.EnterAsync();
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: old (tabs: 2)");

        network.Refuse();
        network.Drop();
        await Observer.HearsAsync("leave 1");
        await second.SayAsync("newer");
        network.Forward();

        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: newer (tabs: 2)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/old", "join 2", "state 2 alice/old", "leave 1", "state 2 alice/newer", "join 3", "state 3 alice/newer");
    }
}
