using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>What the next page goes on with. A busy machine may load it late: the graces are long where nobody is to notice.</summary>
public sealed class ReloadScenarios(Chromium chromium) : Scenario(chromium)
{
    private const string LongGrace = "--Mesh:Grace=00:01:00";

    [Fact]
    public async Task Two_clients_of_one_page_both_come_back_each_as_itself()
    {
        await BeginAsync(LongReloadGrace);
        var red = await ObserveAsync("red");
        var blue = await ObserveAsync("blue");
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.RunAsync("""
            await connect();
            window.first = client;
            await present("one", { room: "red" }).publish({ userId: "alice", status: "red" });
            await connect();
            await present("two", { room: "blue" }).publish({ userId: "alice", status: "blue" });
            """);
        var ids = await alice.ValueAsync<string[]>("[first.connectionId, client.connectionId]");

        for (var reload = 0; reload < 2; reload++)
        {
            await alice.ReloadAsync();
            await alice.RunAsync("""
                const connected = connect();
                window.first = client;
                present("one", { room: "red" });
                await Promise.all([connected, connect()]);
                present("two", { room: "blue" });
                await Promise.all([one.ready, two.ready]);
                """);
            (await alice.ValueAsync<string[]>("[first.connectionId, client.connectionId]")).ShouldBe(ids);
            await alice.HelperShowsAsync("one", "alice: red (tabs: 1)");
            await alice.HelperShowsAsync("two", "alice: blue (tabs: 1)");
        }

        await red.LogIsAsync("join 1", "state 1 alice/red");
        await blue.LogIsAsync("join 1", "state 1 alice/blue");
    }

    [Theory]
    [InlineData("theme.css", true)]
    [InlineData("theme.css", false)]
    [InlineData("index.html", true)]
    [InlineData("index.html", false)]
    public async Task Away_and_back_the_user_is_there_once(string elsewhere, bool cached)
    {
        await BeginAsync(LongGrace, LongReloadGrace);
        var alice = await (await OpenBrowserAsync("alice")).OpenDemoAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        await alice.Page.EvaluateAsync("window.kept = true");
        // No browser keeps a page that wants to know when it is unloaded.
        if (!cached) await alice.Page.EvaluateAsync("addEventListener('unload', () => {})");

        await alice.Page.GotoAsync($"{Server.Origin}/{elsewhere}");
        if (elsewhere == "index.html") await alice.ShowsAsync("alice: busy (tabs: 1)");
        // A page out of the cache is not loaded again.
        await alice.Page.GoBackAsync(new() { WaitUntil = WaitUntilState.Commit });

        await alice.Page.WaitForFunctionAsync($"location.pathname === '/' && (window.kept === true) === {(cached ? "true" : "false")}");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        await alice.SayAsync("back");
        await alice.ShowsAsync("alice: back (tabs: 1)");
        await Observer.HearsAsync("state 1 alice/back");
        Observer.View.Values.ShouldBe(["alice/back"]);
        Observer.Log.Where(line => !line.StartsWith("state", StringComparison.Ordinal)).ShouldBe(["join 1"]);
    }

    [Theory]
    [InlineData(LongGrace, true)]
    [InlineData("--Mesh:Grace=00:00:00.5", false)]
    public async Task What_was_cleared_offline_stays_cleared_on_the_next_page(string grace, bool resumes)
    {
        await BeginAsync(grace, LongReloadGrace);
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.EnterAsync(url: network.Url);
        await alice.SayAsync("here");
        await Observer.LogIsAsync("join 1", "state 1 alice/here");

        network.Refuse();
        network.Drop();
        await alice.UntilAsync("client.status === Status.RECONNECTING");
        await alice.RunAsync("void outcome(users.clear())");
        if (!resumes) await Observer.HearsAsync("leave 1");
        await alice.ReloadAsync();
        network.Forward();
        await alice.EnterAsync(url: network.Url);

        (await alice.ValueAsync<bool>("users.read() === null")).ShouldBeTrue();
        await Observer.LogIsAsync(["join 1", "state 1 alice/here", .. resumes ? (string[])["state 1 null"] : ["leave 1", "join 2"]]);
        await alice.ShowsAsync();
        await alice.SayAsync("here again");
        await alice.ShowsAsync("alice: here again (tabs: 1)");
    }

    [Theory]
    [InlineData(20_000, false)]
    [InlineData(100_000, false)]
    [InlineData(20_000, true)]
    public async Task What_the_server_refused_is_not_what_the_next_page_shows(int length, bool saidOffline)
    {
        await BeginAsync(LongGrace, LongReloadGrace);
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.EnterAsync(url: network.Url);
        await alice.SayAsync("accepted");

        if (saidOffline)
        {
            network.Refuse();
            network.Drop();
            await alice.UntilAsync("client.status === Status.RECONNECTING");
        }
        await alice.RunAsync($"window.published = outcome(users.publish({{ userId: 'alice', status: 'refused', note: 'x'.repeat({length}) }}))");
        network.Forward();
        (await alice.ValueAsync<string>("published")).ShouldBe("ETOOLARGE");
        (await alice.ValueAsync<string>("users.read().status")).ShouldBe("accepted");
        await alice.ShowsAsync("alice: accepted (tabs: 1)");
        await alice.ReloadAsync();
        await alice.EnterAsync(url: network.Url);

        (await alice.ValueAsync<string>("users.read().status")).ShouldBe("accepted");
        await alice.ShowsAsync("alice: accepted (tabs: 1)");
        await Observer.LogIsAsync("join 1", "state 1 alice/accepted");
    }
}
