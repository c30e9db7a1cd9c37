namespace Mesh.EndToEnd.Tests;

/// <summary>Our client with a server of before: it falls back to the frames that such a server knows.</summary>
public sealed class PlainServerScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    public async Task Users_see_each_other_and_are_back_after_a_drop()
    {
        await BeginAsync();
        var plain = Own(await PlainServer.StartAsync());
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        var bob = await (await OpenBrowserAsync("bob")).OpenScriptAsync(Server.Origin);
        foreach (var tab in new[] { alice, bob })
        {
            await tab.EnterAsync(url: plain.Url);
            await tab.SayAsync("here");
        }
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: here (tabs: 1)", "bob: here (tabs: 1)");
        plain.Commands.Where(command => command is "mesh/session" or "mesh/enter" or "mesh/publish").ShouldBe(["mesh/session", "mesh/session"]);

        await alice.SayAsync("busy");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: busy (tabs: 1)", "bob: here (tabs: 1)");
        plain.Drop();
        foreach (var tab in new[] { alice, bob })
            await tab.UntilAsync("events.includes('reconnect') && views.users.at(-1).toSorted().join() === 'alice: busy (tabs: 1),bob: here (tabs: 1)'");

        await bob.RunAsync("await users.clear()");
        foreach (var tab in new[] { alice, bob }) await tab.ShowsAsync("alice: busy (tabs: 1)");
        await bob.SayAsync("back");
        await alice.RunAsync("await users.dispose()");
        await bob.ShowsAsync("bob: back (tabs: 1)");
        plain.Commands.ShouldNotContain(command => command == "mesh/enter");
        plain.Violations.ShouldBeEmpty();
    }
}
