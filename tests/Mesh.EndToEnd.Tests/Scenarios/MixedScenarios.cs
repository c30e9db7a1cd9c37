namespace Mesh.EndToEnd.Tests;

/// <summary>A browser and a C# process in one room.</summary>
public sealed class MixedScenarios(Chromium chromium) : Scenario(chromium)
{
    private const string Key = "alice-and-nobody-else";

    [Fact]
    public async Task Each_takes_over_what_the_other_said_and_keeps_it_when_that_one_goes()
    {
        await BeginAsync();
        var browser = await OpenBrowserAsync("alice", Key);
        var tab = await browser.OpenDemoAsync(Server.Origin);
        await tab.ShowsAsync("alice: (tabs: 1)");
        var console = RunConsole("alice", "--server", Server.Origin, "--client-key", Key);
        await tab.ShowsAsync("alice: (tabs: 2)");

        await console.TypeAsync("at the terminal");
        await tab.ShowsAsync("alice: at the terminal (tabs: 2)");
        await console.TypeAsync("/quit");
        (await console.EndsAsync()).ShouldBe(0);
        await tab.ShowsAsync("alice: at the terminal (tabs: 1)");
        (await tab.StoredAsync()).ShouldNotBeNull().ShouldContain("at the terminal");

        console = RunConsole("alice", "--server", Server.Origin, "--client-key", Key);
        await console.SaysAsync("alice: at the terminal (tabs: 2)");
        await tab.SayAsync("in the browser");
        await console.SaysAsync("alice: in the browser (tabs: 2)");
        await tab.CloseAsync();
        await console.SaysAsync("alice: in the browser (tabs: 1)");
        await Observer.SeesAsync(view => view.Values.SequenceEqual(["alice/in the browser"], StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_drop_inside_the_grace_is_noticed_by_nobody_whoever_drops()
    {
        await BeginAsync();
        var (toTab, toConsole) = (NewNetwork(), NewNetwork());
        var tab = await (await OpenBrowserAsync("alice", Key)).OpenDemoAsync(toTab.Origin);
        await tab.ShowsAsync("alice: (tabs: 1)");
        await tab.SayAsync("here");
        await tab.ShowsAsync("alice: here (tabs: 1)");
        var console = RunConsole("alice", "--server", toConsole.Origin, "--client-key", Key);
        await tab.ShowsAsync("alice: here (tabs: 2)");
        await console.SaysAsync("alice: here (tabs: 2)");
        var bob = RunConsole("bob", "--server", Server.Origin);
        await bob.SaysAsync("bob: online (tabs: 1)");
        await tab.ShowsAsync("alice: here (tabs: 2)", "bob: online (tabs: 1)");

        toTab.Drop();
        toConsole.Drop();
        await console.SaysAsync("connection: reconnecting");
        await bob.TypeAsync("meanwhile");
        await console.SaysAsync("bob: meanwhile (tabs: 1)");
        await tab.ShowsAsync("alice: here (tabs: 2)", "bob: meanwhile (tabs: 1)");

        await Observer.SettleAsync(TimeSpan.FromSeconds(5.5));
        Observer.Log.Where(line => !line.StartsWith("state", StringComparison.Ordinal)).ShouldBe(["join 1", "join 2", "join 3"]);
        Observer.View.Values.ShouldBe(["alice/here", "alice/here", "bob/meanwhile"]);
        bob.Lines.ShouldNotContain(line => line.EndsWith(" left", StringComparison.Ordinal));
        await tab.KeptShowingAsync(2);
    }

    [Fact]
    public async Task Two_users_see_each_other_and_each_only_changes_its_own_state()
    {
        await BeginAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        var bob = RunConsole("bob", "--server", Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)", "bob: online (tabs: 1)");
        await alice.SayAsync("busy");
        await bob.SaysAsync("alice: busy (tabs: 1)");
        await bob.TypeAsync("away");
        await alice.ShowsAsync("alice: busy (tabs: 1)", "bob: away (tabs: 1)");
        await Observer.LogIsAsync("join 1", "state 1 alice/", "join 2", "state 2 bob/online", "state 1 alice/busy", "state 2 bob/away");
    }
}
