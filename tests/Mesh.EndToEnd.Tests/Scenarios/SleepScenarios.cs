namespace Mesh.EndToEnd.Tests;

/// <summary>A laptop sleeps while its user goes on with the phone.</summary>
public sealed class SleepScenarios(Chromium chromium) : Scenario(chromium)
{
    private const string Key = "a-secret-of-alice-on-all-devices";

    [Theory]
    [InlineData("frozen")]
    [InlineData("cut off")]
    public async Task What_a_laptop_remembers_never_overwrites_what_the_phone_said_later(string sleep)
    {
        await BeginAsync("--Mesh:PingInterval=00:00:02", "--Mesh:Grace=00:00:01");
        var network = NewNetwork();
        var laptop = await (await OpenBrowserAsync("alice", Key)).OpenDemoAsync(network.Origin);
        await laptop.ShowsAsync("alice: (tabs: 1)");
        var phone = await (await OpenBrowserAsync("alice", Key)).OpenDemoAsync(Server.Origin);
        await Observer.LogIsAsync("join 1", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        await bob.ShowsAsync("alice: (tabs: 2)", "bob: (tabs: 1)");
        await laptop.SayAsync("old");
        foreach (var tab in new[] { laptop, phone, bob }) await tab.ShowsAsync("alice: old (tabs: 2)", "bob: (tabs: 1)");
        await Observer.HearsAsync("state 2 alice/old");

        if (sleep == "frozen") await laptop.FreezeAsync();
        else network.BlackHole();
        await Observer.HearsAsync("leave 1");
        await phone.SayAsync("later");
        foreach (var tab in new[] { phone, bob }) await tab.ShowsAsync("alice: later (tabs: 1)", "bob: (tabs: 1)");
        if (sleep == "frozen")
        {
            await laptop.ThawAsync();
        }
        else
        {
            network.Forward();
            network.Drop();
        }

        foreach (var tab in new[] { laptop, phone, bob }) await tab.ShowsAsync("alice: later (tabs: 2)", "bob: (tabs: 1)");
        // It comes with what it had, an older state to all who compare, and takes over the newer one.
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/", "join 3", "state 3 bob/", "state 1 alice/old", "state 2 alice/old",
            "leave 1", "state 2 alice/later", "join 4", "state 4 alice/old", "state 4 alice/later");
        foreach (var tab in new[] { phone, bob })
        {
            var history = await tab.HistoryAsync();
            history.SkipWhile(users => !users[0].Contains("later", StringComparison.Ordinal)).ShouldAllBe(users => users[0].Contains("later", StringComparison.Ordinal));
        }
        (await laptop.StoredAsync()).ShouldNotBeNull().ShouldContain("later");

        // And it is the user's, whichever of the two goes.
        await phone.CloseAsync();
        foreach (var tab in new[] { laptop, bob }) await tab.ShowsAsync("bob: (tabs: 1)", "alice: later (tabs: 1)");
    }
}
