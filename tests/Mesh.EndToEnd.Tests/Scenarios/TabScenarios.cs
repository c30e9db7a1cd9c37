namespace Mesh.EndToEnd.Tests;

/// <summary>Tabs of one browser, and other browsers.</summary>
public sealed class TabScenarios(Chromium chromium) : Scenario(chromium)
{
    // A busy machine may load a page late; what must not happen is looked for until after it.
    private const string ReloadGrace = "--Mesh:ReloadGrace=00:00:08";

    private static readonly TimeSpan AfterReloadGrace = TimeSpan.FromSeconds(8.5);

    [Fact]
    [Trait("Fault", "1")]
    public async Task Two_tabs_of_one_browser_are_one_user_everywhere_also_for_a_newcomer()
    {
        await BeginAsync();
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenDemoAsync(Server.Origin);
        await first.ShowsAsync("alice: (tabs: 1)");
        await first.SayAsync("busy");
        await first.ShowsAsync("alice: busy (tabs: 1)");
        var second = await alice.OpenDemoAsync(Server.Origin);
        await second.ShowsAsync("alice: busy (tabs: 2)");
        await first.ShowsAsync("alice: busy (tabs: 2)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy", "join 2", "state 2 alice/busy", "state 1 alice/busy");

        var newcomer = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);

        foreach (var tab in new[] { first, second, newcomer }) await tab.ShowsAsync("alice: busy (tabs: 2)", "bob: (tabs: 1)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy",
            "join 2", "state 2 alice/busy", "state 1 alice/busy",
            "join 3", "state 3 bob/");
    }

    [Fact]
    public async Task A_reload_is_no_leave_and_no_join_for_anybody()
    {
        await BeginAsync(ReloadGrace);
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        await bob.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");

        await alice.ReloadAsync();
        await alice.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");
        await alice.ReloadAsync();
        await alice.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");

        await Observer.SettleAsync(AfterReloadGrace);
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy", "join 2", "state 2 bob/", "state 1 alice/busy", "state 1 alice/busy");
        await bob.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");
        await bob.KeptShowingAsync(2);
    }

    [Fact]
    public async Task What_one_tab_publishes_the_other_shows_and_keeps_when_the_first_closes()
    {
        await BeginAsync();
        var (first, second, bob) = await GatherAsync();

        await second.SayAsync("away");
        foreach (var tab in new[] { first, second, bob }) await tab.ShowsAsync("alice: away (tabs: 2)", "bob: (tabs: 1)");
        await Observer.HearsAsync("state 1 alice/away");
        await second.CloseAsync();

        foreach (var tab in new[] { first, bob }) await tab.ShowsAsync("alice: away (tabs: 1)", "bob: (tabs: 1)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/", "join 3", "state 3 bob/",
            "state 2 alice/away", "state 1 alice/away", "leave 2");
    }

    [Fact]
    public async Task Clear_is_shown_by_all_and_stays()
    {
        await BeginAsync(LongReloadGrace);
        var browser = await OpenBrowserAsync("alice");
        var alice = await browser.OpenDemoAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        await bob.ShowsAsync("alice: busy (tabs: 1)", "bob: (tabs: 1)");

        await alice.ClearAsync();
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: (tabs: 1)", "bob: (tabs: 1)");
        await Observer.HearsAsync("state 1 alice/");
        await alice.ReloadAsync();

        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: (tabs: 1)", "bob: (tabs: 1)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/busy", "join 2", "state 2 bob/", "state 1 alice/", "state 1 alice/");
    }

    [Fact]
    public async Task A_duplicated_tab_is_one_more_tab_and_nobody_fights_for_a_session()
    {
        await BeginAsync(ReloadGrace);
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenDemoAsync(Server.Origin);
        await first.ShowsAsync("alice: (tabs: 1)");
        // It has resumed once, so that there was a token to copy.
        await first.ReloadAsync();
        await first.ShowsAsync("alice: (tabs: 1)");
        await Observer.LogIsAsync("join 1", "state 1 alice/", "state 1 alice/");

        var second = await alice.DuplicateAsync(first);
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: (tabs: 2)");
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/");

        // Each comes back as itself.
        await Task.WhenAll(first.ReloadAsync(), second.ReloadAsync());
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: (tabs: 2)");
        await second.SayAsync("two");
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: two (tabs: 2)");
        await Observer.SeesAsync(view => view["1"] == "alice/two" && view["2"] == "alice/two");
        await Observer.SettleAsync(AfterReloadGrace);
        Observer.Log.Count(line => line.StartsWith("join", StringComparison.Ordinal)).ShouldBe(2);
        Observer.Log.ShouldNotContain(line => line.StartsWith("leave", StringComparison.Ordinal));
    }
}
