using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>The page that shows what Mesh does.</summary>
public sealed class PlaygroundScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    public async Task Every_button_can_be_pressed_and_a_drop_or_a_reload_is_in_nobodys_log()
    {
        await BeginAsync();
        var tab = await (await OpenBrowserAsync("visitor")).OpenPageAsync($"{Server.Origin}/playground");
        var page = tab.Page;
        await page.SetViewportSizeAsync(1280, 1000);
        var bob = Card(page, "bob");
        await LinksAsync(page, "connected", 4);
        await LinksAsync(page, "offline", 1);
        await Assertions.Expect(Log(page, "join")).ToHaveCountAsync(4);

        await bob.GetByRole(AriaRole.Button, new() { Name = "Drop connection" }).ClickAsync();
        await Assertions.Expect(Notes(page, "Bob’s desktop: back as the same connection")).ToHaveCountAsync(1);
        await bob.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();
        await Assertions.Expect(Notes(page, "Bob’s desktop: back as the same connection")).ToHaveCountAsync(2);
        await bob.FrameLocator("iframe").GetByText("Busy").ClickAsync();
        await Assertions.Expect(Log(page, "update").Last).ToContainTextAsync("Bob’s desktop: busy");
        await Assertions.Expect(Log(page, "join")).ToHaveCountAsync(4);
        await Assertions.Expect(Log(page, "leave")).ToHaveCountAsync(0);

        await bob.GetByRole(AriaRole.Button, new() { Name = "Go offline" }).ClickAsync();
        await LinksAsync(page, "offline", 2);
        await bob.GetByRole(AriaRole.Button, new() { Name = "Go online" }).ClickAsync();
        await Card(page, "carol").GetByRole(AriaRole.Button, new() { Name = "Go online" }).ClickAsync();
        await LinksAsync(page, "connected", 5);
        await Assertions.Expect(Log(page, "join")).ToHaveCountAsync(5);

        foreach (var person in new[] { "alice", "bob", "carol" })
            await page.Locator($"[data-user={person}] .open-tab").First.ClickAsync();
        await LinksAsync(page, "connected", 8);
        await Assertions.Expect(Log(page, "join")).ToHaveCountAsync(8);
        await Assertions.Expect(Log(page, "leave")).ToHaveCountAsync(0);

        foreach (var person in new[] { "alice", "bob", "carol" })
            await Card(page, person).Last.GetByRole(AriaRole.Button, new() { Name = "Close tab" }).ClickAsync();
        await Assertions.Expect(Log(page, "leave")).ToHaveCountAsync(3);
        await page.ClickAsync("#clear-log");
        await Assertions.Expect(page.Locator("#log li")).ToHaveCountAsync(0);
        await LinksAsync(page, "connected", 5);
        tab.Errors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/playground")]
    [InlineData("/playground/")]
    [InlineData("/playground.html")]
    public async Task Its_address_may_be_written_in_all_ways(string path)
    {
        await BeginAsync();
        var tab = await (await OpenBrowserAsync("visitor")).OpenPageAsync(Server.Origin + path);
        await LinksAsync(tab.Page, "connected", 4);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "The plain demo" }).ClickAsync();
        await Assertions.Expect(tab.Page.Locator("#count")).ToHaveTextAsync("1");
        tab.Errors.ShouldBeEmpty();
    }

    private static ILocator Card(IPage page, string person) => page.Locator($"section.person[data-user={person}] article.tab");

    private static ILocator Log(IPage page, string kind) => page.Locator($"#log li[data-kind={kind}]");

    private static ILocator Notes(IPage page, string text) => Log(page, "note").Filter(new() { HasText = text });

    private static Task LinksAsync(IPage page, string link, int count) =>
        Assertions.Expect(page.Locator($".link[data-link={link}]")).ToHaveCountAsync(count);
}
