namespace Mesh.EndToEnd.Tests;

/// <summary>samples/PresenceBlazor: the C# client in a page.</summary>
public sealed class BlazorScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    public async Task A_reload_is_no_leave_and_no_join_for_anybody()
    {
        // The runtime is loaded and started anew, and the machine may be busy.
        await BeginWithAsync(DemoServer.Blazor, "--Mesh:ReloadGrace=00:00:10");
        var alice = await (await OpenBrowserAsync("alice")).OpenBlazorAsync(Server.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");

        await alice.ReloadAsync();
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        (await alice.Page.InputValueAsync("#status")).ShouldBe("busy");

        await Observer.HearsAsync("state 1 alice/busy");
        await Observer.LogIsAsync("join 1", "state 1 alice/", "state 1 alice/busy", "state 1 alice/busy");
    }

    [Fact]
    public async Task Its_tab_and_one_of_the_browser_client_are_one_user()
    {
        await BeginWithAsync(DemoServer.Blazor);
        var browser = await OpenBrowserAsync("alice");
        var blazor = await browser.OpenBlazorAsync(Server.Origin);
        await blazor.ShowsAsync("alice: (tabs: 1)");
        var script = await browser.OpenScriptAsync(Server.Origin);
        await script.EnterAsync();
        await script.SayAsync("in JavaScript");
        foreach (var shows in new[] { blazor.ShowsAsync, (Func<string[], Task>)script.ShowsAsync }) await shows(["alice: in JavaScript (tabs: 2)"]);
        (await blazor.StoredAsync()).ShouldNotBeNull().ShouldContain("in JavaScript");

        await blazor.SayAsync("in C#");
        foreach (var shows in new[] { blazor.ShowsAsync, (Func<string[], Task>)script.ShowsAsync }) await shows(["alice: in C# (tabs: 2)"]);
        await blazor.CloseAsync();
        await script.ShowsAsync("alice: in C# (tabs: 1)");
        (await script.ValueAsync<string>("users.read().status")).ShouldBe("in C#");
    }

    [Fact]
    public async Task After_a_drop_and_after_a_restart_of_the_server_it_is_back_without_a_click()
    {
        await BeginWithAsync(DemoServer.Blazor);
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenBlazorAsync(network.Origin);
        await alice.ShowsAsync("alice: (tabs: 1)");
        await alice.SayAsync("busy");
        await alice.ShowsAsync("alice: busy (tabs: 1)");
        var bob = Own(await ClientMember.ConnectAsync(Server));
        await bob.SayAsync("bob", "here");
        await alice.ShowsAsync("alice: busy (tabs: 1)", "bob: here (tabs: 1)");

        network.Drop();
        await bob.SayAsync("bob", "meanwhile");
        await alice.ShowsAsync("alice: busy (tabs: 1)", "bob: meanwhile (tabs: 1)");
        Observer.Log.ShouldNotContain(line => line.StartsWith("leave", StringComparison.Ordinal));

        await Server.KillAsync();
        await Server.StartAgainAsync();
        await ObserveAgainAsync();
        await Observer.SeesAsync(view => view.Values.Order(StringComparer.Ordinal).SequenceEqual(["alice/busy", "bob/meanwhile"], StringComparer.Ordinal));
        // Either may have been the first to come back.
        await alice.Page.WaitForFunctionAsync("""
            [...document.querySelectorAll("#user-list li")].map((item) => item.textContent).sort().join() === "alice: busy (tabs: 1),bob: meanwhile (tabs: 1)"
            """);
    }
}
