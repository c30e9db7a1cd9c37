using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>One tab of a <see cref="Browser"/>.</summary>
public class Tab
{
    private readonly List<string> _exceptions = [];
    private readonly List<string> _errors = [];
    private ICDPSession? _debugger;

    public Tab(IPage page, string owner)
    {
        (Page, Owner) = (page, owner);
        page.PageError += (_, error) => _exceptions.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _errors.Add($"{message.Text} ({message.Location})");
        };
    }

    public IPage Page { get; }

    public string Owner { get; }

    /// <summary>What the page threw and nobody caught.</summary>
    public IReadOnlyList<string> Exceptions => _exceptions;

    /// <summary>What the console shows in red: also each connection that failed.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Reloads as a person does.</summary>
    public virtual Task ReloadAsync() => Page.ReloadAsync();

    /// <summary>Closes as a person does.</summary>
    public Task CloseAsync() => Page.CloseAsync();

    /// <summary>Scripts and timers of the page stand still from its next step on, as on a laptop that sleeps.</summary>
    public async Task FreezeAsync()
    {
        _debugger = await Page.Context.NewCDPSessionAsync(Page);
        await _debugger.SendAsync("Debugger.enable");
        await _debugger.SendAsync("Debugger.pause");
    }

    /// <summary>It goes on where it stood.</summary>
    public async Task ThawAsync()
    {
        await _debugger!.SendAsync("Debugger.disable");
        await _debugger.DetachAsync();
    }

    /// <summary>Waits until the items of a list are these.</summary>
    protected Task ShowsAsync(string selector, string[] items) =>
        Assertions.Expect(Page.Locator(selector)).ToHaveTextAsync(items);
}
