using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>The demo in a tab.</summary>
public class DemoTab(IPage page, string owner) : Tab(page, owner)
{
    /// <summary>Waits until the demo shows these users, as in <c>alice: busy (tabs: 2)</c>.</summary>
    public async Task ShowsAsync(params string[] users)
    {
        await ShowsAsync("#user-list li", users);
        (await Page.TextContentAsync("#count")).ShouldBe($"{users.Length}");
    }

    /// <summary>
    /// Reloads once the server has acknowledged what the page published, which is stored with its stamp then: otherwise the next
    /// page says it again, as it must.
    /// </summary>
    public override async Task ReloadAsync()
    {
        await Page.WaitForFunctionAsync("JSON.parse(localStorage.getItem('m:presence-stamp:user-state:general'))?.stamp");
        await base.ReloadAsync();
    }

    /// <summary>Fills in a status and clicks "Update".</summary>
    public async Task SayAsync(string status)
    {
        await Page.FillAsync("#status", status);
        await Page.ClickAsync(ThatListens("#update"));
    }

    /// <summary>Clicks "Clear".</summary>
    public Task ClearAsync() => Page.ClickAsync(ThatListens("#clear"));

    /// <summary>The user's own state, as this browser has stored it.</summary>
    public Task<string?> StoredAsync() => Page.EvaluateAsync<string?>("localStorage.getItem('m:presence:user-state:general')");

    /// <summary>Since it first showed so many users it showed no more and no less, also not for a moment.</summary>
    public async Task KeptShowingAsync(int users) =>
        (await HistoryAsync()).SkipWhile(shown => shown.Length < users).ShouldAllBe(shown => shown.Length == users);

    /// <summary>All lists of users shown since the page loaded.</summary>
    public Task<string[][]> HistoryAsync() => Page.EvaluateAsync<string[][]>("shown");

    /// <summary>A button of which a click is heard.</summary>
    protected virtual string ThatListens(string button) => $"{button}[data-listens=click]";
}
