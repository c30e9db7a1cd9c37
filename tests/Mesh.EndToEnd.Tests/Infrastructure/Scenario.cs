using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// What people do with the demo: a server of its own, browsers, networks, and a plain observer of the room "general". At its end
/// each open tab is photographed, into TestResults/screenshots beside this assembly.
/// </summary>
public abstract partial class Scenario(Chromium chromium) : IAsyncLifetime
{
    // Pages come from the server, and connect through networks that are elsewhere.
    private const string AnyOrigin = "--Mesh:AllowedOrigins:0=*";

    /// <summary>For those whose reload nobody is to notice: a busy machine may load a page late.</summary>
    protected const string LongReloadGrace = "--Mesh:ReloadGrace=00:01:00";

    private readonly List<Browser> _browsers = [];
    private readonly List<IAsyncDisposable> _others = [];

    /// <summary>After <see cref="BeginAsync"/>.</summary>
    protected DemoServer Server { get; private set; } = null!;

    /// <summary>The observer from the beginning, or since <see cref="ObserveAgainAsync"/>.</summary>
    protected PlainObserver Observer { get; private set; } = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts the server and the observer.</summary>
    protected Task BeginAsync(params string[] options) => BeginWithAsync(DemoServer.Demo, options);

    /// <summary>The same with another demo.</summary>
    protected async Task BeginWithAsync(string project, params string[] options)
    {
        Server = Own(await DemoServer.StartAsync(project, FreePort.Next(), [AnyOrigin, .. options]));
        await ObserveAgainAsync();
    }

    /// <summary>As after a restart of the server, which no plain client survives.</summary>
    protected async Task ObserveAgainAsync() => Observer = await ObserveAsync("general");

    protected async Task<PlainObserver> ObserveAsync(string roomName) => Own(await PlainObserver.ConnectAsync(Server, roomName));

    protected async Task<PlainClient> ConnectPlainAsync() => Own(await PlainClient.ConnectAsync(Server.Port));

    protected async Task<Browser> OpenBrowserAsync(string name, string? clientKey = null)
    {
        var browser = await Browser.OpenAsync(chromium, name, clientKey);
        _browsers.Add(browser);
        return browser;
    }

    /// <summary>Alice with two tabs of one browser, which come as 1 and 2, and Bob, who comes as 3: all three see each other.</summary>
    protected async Task<(DemoTab First, DemoTab Second, DemoTab Bob)> GatherAsync()
    {
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenDemoAsync(Server.Origin);
        await first.ShowsAsync("alice: (tabs: 1)");
        var second = await alice.OpenDemoAsync(Server.Origin);
        await Observer.LogIsAsync("join 1", "state 1 alice/", "join 2", "state 2 alice/", "state 1 alice/");
        var bob = await (await OpenBrowserAsync("bob")).OpenDemoAsync(Server.Origin);
        foreach (var tab in new[] { first, second, bob }) await tab.ShowsAsync("alice: (tabs: 2)", "bob: (tabs: 1)");
        return (first, second, bob);
    }

    /// <summary>Starts samples/PresenceConsole, with nothing stored.</summary>
    protected RunningProgram RunConsole(params string[] arguments) =>
        Own(RunningProgram.Start(Checkout.Built("samples/PresenceConsole"), arguments, Own(new TemporaryFolder()).AsHome));

    /// <summary>A network of its own to the server.</summary>
    protected TcpProxy NewNetwork() => Own(new TcpProxy(Server.Port));

    /// <summary>Ends with the scenario.</summary>
    protected T Own<T>(T one)
        where T : IAsyncDisposable
    {
        _others.Add(one);
        return one;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Tab[] tabs = [.. _browsers.SelectMany(browser => browser.Tabs)];
        foreach (var (at, tab) in tabs.Index()) await PhotographAsync(tab, at + 1);
        foreach (var browser in _browsers) await browser.DisposeAsync();
        foreach (var other in _others.AsEnumerable().Reverse()) await other.DisposeAsync();
        tabs.SelectMany(tab => tab.Exceptions).ShouldBeEmpty();
    }

    private static async Task PhotographAsync(Tab tab, int number)
    {
        var test = TestContext.Current.Test!.TestDisplayName.Replace($"{typeof(Scenario).Namespace}.", "", StringComparison.Ordinal);
        var name = string.Create(CultureInfo.InvariantCulture, $"{NotForFileNames().Replace(test, "-").TrimEnd('-')}.{number}-{tab.Owner}.png");
        try
        {
            await tab.Page.ScreenshotAsync(new() { Path = Checkout.Copied("TestResults", "screenshots", name), FullPage = true, Timeout = 5_000 });
        }
        catch (Exception failure) when (failure is PlaywrightException or TimeoutException)
        {
            TestContext.Current.AddWarning($"No screenshot of {name}: {failure.Message}");
        }
    }

    [GeneratedRegex("[^A-Za-z0-9_.]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NotForFileNames();
}
