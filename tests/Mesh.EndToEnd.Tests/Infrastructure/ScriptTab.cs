using System.Text.Json;
using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>A tab with a page of the tests' own (Pages/page.html), whose scripts use the client that the server offers.</summary>
public sealed class ScriptTab(IPage page, string owner) : Tab(page, owner)
{
    internal async Task OpenAsync(string origin)
    {
        // A page that the server sent: one that a test only pretends it sent may not connect to this machine.
        await Page.GotoAsync($"{origin}/mesh/client.js");
        await FillAsync();
    }

    public override async Task ReloadAsync()
    {
        await base.ReloadAsync();
        await FillAsync();
    }

    private async Task FillAsync()
    {
        await Page.SetContentAsync(await File.ReadAllTextAsync(Checkout.Copied("Pages", "page.html")));
        await Page.Locator("html[data-ready]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }

    /// <summary>Runs statements, with what the page offers.</summary>
    public Task RunAsync(string script) => Page.EvaluateAsync($"async () => {{ {script} }}").WaitAsync(Patience.Limit);

    /// <summary>The value of an expression, awaited.</summary>
    public Task<T> ValueAsync<T>(string expression) => Page.EvaluateAsync<T>($"async () => ({expression})").WaitAsync(Patience.Limit);

    /// <summary>Waits until an expression is true.</summary>
    public Task UntilAsync(string expression) => Page.WaitForFunctionAsync($"() => ({expression})");

    /// <summary>Connects a client, and shows the room "general" in a helper of the name "users"; waits until it sees the room.</summary>
    /// <param name="options">The client's.</param>
    /// <param name="url">Another than where the page came from.</param>
    public Task EnterAsync(object? options = null, string? url = null)
    {
        var where = url is null ? "" : $", {JsonSerializer.Serialize(url)}";
        return RunAsync($"await connect({JsonSerializer.Serialize(options ?? new { })}{where}); await present('users').ready;");
    }

    /// <summary>Publishes the owner's status by the helper "users".</summary>
    public Task SayAsync(string status) => RunAsync($"await users.publish({{ userId: {JsonSerializer.Serialize(Owner)}, status: {JsonSerializer.Serialize(status)} }})");

    /// <summary>Waits until the helper "users" shows these users, as in <c>alice: busy (tabs: 2)</c>.</summary>
    public Task ShowsAsync(params string[] users) => ShowsAsync("#users li", users);

    /// <summary>The same of the helper of that name.</summary>
    public Task HelperShowsAsync(string helper, params string[] users) => ShowsAsync($"#{helper} li", users);

    /// <summary>All views that a helper's onUpdate got.</summary>
    public Task<string[][]> ViewsAsync(string helper = "users") => ValueAsync<string[][]>($"views[{JsonSerializer.Serialize(helper)}]");
}
