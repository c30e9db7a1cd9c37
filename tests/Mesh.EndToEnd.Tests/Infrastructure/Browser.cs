using System.Text.Json;
using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>One person's browser: its tabs share their storage.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<Tab> _tabs = [];

    private Browser(IBrowserContext context, string name) => (_context, Name) = (context, name);

    /// <summary>Whose it is, also as the demo's user id.</summary>
    public string Name { get; }

    /// <summary>Those that were not closed.</summary>
    public IEnumerable<Tab> Tabs => _tabs.Where(tab => !tab.Page.IsClosed);

    /// <param name="clientKey">Given where the browser is one of several of the same person.</param>
    public static async Task<Browser> OpenAsync(Chromium chromium, string name, string? clientKey = null)
    {
        var context = await chromium.NewContextAsync();
        context.SetDefaultTimeout(Patience.Milliseconds);
        var browser = new Browser(context, name);
        await browser.RememberAsync("demo-userId", name);
        if (clientKey is not null) await browser.RememberAsync("m:client-key", clientKey);
        await context.AddInitScriptAsync(RecordViews);
        await context.AddInitScriptAsync(MarkButtons);
        return browser;
    }

    /// <summary>Opens the demo.</summary>
    public async Task<DemoTab> OpenDemoAsync(string origin)
    {
        var tab = Add(new DemoTab(await _context.NewPageAsync(), Name));
        await tab.Page.GotoAsync(origin);
        return tab;
    }

    /// <summary>Opens the demo in C#.</summary>
    public async Task<BlazorTab> OpenBlazorAsync(string origin)
    {
        var tab = Add(new BlazorTab(await _context.NewPageAsync(), Name));
        await tab.Page.GotoAsync(origin);
        return tab;
    }

    /// <summary>Opens the demo with sign-in.</summary>
    public async Task<SignInTab> OpenSignInAsync(string origin)
    {
        var tab = Add(new SignInTab(await _context.NewPageAsync(), Name));
        await tab.Page.GotoAsync(origin);
        return tab;
    }

    /// <summary>Opens a page for scripts of the test's own, which use the client that the server offers.</summary>
    public async Task<ScriptTab> OpenScriptAsync(string origin)
    {
        var tab = Add(new ScriptTab(await _context.NewPageAsync(), Name));
        await tab.OpenAsync(origin);
        return tab;
    }

    /// <summary>Opens a page of the server, just as it is.</summary>
    public async Task<Tab> OpenPageAsync(string url)
    {
        var tab = Add(new Tab(await _context.NewPageAsync(), Name));
        await tab.Page.GotoAsync(url);
        return tab;
    }

    /// <summary>Does what "duplicate tab" does: the new one begins with a copy of the tab's sessionStorage.</summary>
    public async Task<DemoTab> DuplicateAsync(DemoTab tab)
    {
        var page = await _context.RunAndWaitForPageAsync(() => tab.Page.EvaluateAsync("void open(location.href)"));
        return Add(new DemoTab(page, Name));
    }

    /// <summary>Pages come from this server, also where none listens; connections go where they go.</summary>
    public async Task TakePagesFromAsync(DemoServer server)
    {
        // A page that no server sent is not trusted to connect to this machine.
        await _context.GrantPermissionsAsync(["local-network-access"]);
        await _context.RouteAsync("**/*", async route =>
        {
            var response = await route.FetchAsync(new() { Url = server.Origin + new Uri(route.Request.Url).PathAndQuery });
            await route.FulfillAsync(new() { Response = response });
        });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private T Add<T>(T tab)
        where T : Tab
    {
        _tabs.Add(tab);
        return tab;
    }

    private async Task RememberAsync(string key, string value) => await _context.AddInitScriptAsync(
        $"if (location.protocol === 'http:') localStorage.setItem({JsonSerializer.Serialize(key)}, {JsonSerializer.Serialize(value)});");

    /// <summary>Records each list of users that the demo shows, also those that flicker by.</summary>
    private const string RecordViews = """
        addEventListener("DOMContentLoaded", () => {
          const list = document.getElementById("user-list");
          window.shown = [];
          const record = () => window.shown.push([...list.children].map((item) => item.textContent));
          if (list) new MutationObserver(record).observe(list, { childList: true });
        });
        """;

    /// <summary>Marks the buttons that listen: the demo's do so once its first publish was acknowledged, maybe long after it was shown.</summary>
    private const string MarkButtons = """
        {
          const { addEventListener } = HTMLButtonElement.prototype;
          HTMLButtonElement.prototype.addEventListener = function (...args) {
            addEventListener.apply(this, args);
            this.dataset.listens = args[0];
          };
        }
        """;
}
