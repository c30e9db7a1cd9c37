namespace Mesh.EndToEnd.Tests;

/// <summary>What is over within a time by the server's defaults. It runs when no other test does: the time is not the machine's.</summary>
[Collection(nameof(Alone))]
public sealed class ClosedTabScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    public async Task Closing_a_tab_leaves_one_within_two_and_a_half_seconds()
    {
        await BeginAsync();
        var (first, second, bob) = await GatherAsync();

        await second.CloseAsync();
        var closed = await Observer.NowAsync();

        foreach (var tab in new[] { first, bob }) await tab.ShowsAsync("alice: (tabs: 1)", "bob: (tabs: 1)");
        await Observer.HearsAsync("leave 2");
        (Observer.LastEventAt - closed).ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/", "join 3", "state 3 bob/", "leave 2");
    }
}
