using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Mesh.EndToEnd.Tests.Chromium))]

namespace Mesh.EndToEnd.Tests;

/// <summary>The one Chromium of this assembly.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The system's own, or what the environment variable CHROMIUM names: no browser is ever downloaded.</summary>
    private static string Path => Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Path))
            throw new FileNotFoundException($"These tests need Chromium, and there is no {Path}. Install it (apt-get install -y chromium), or name yours in the environment variable CHROMIUM.");
        Assertions.SetDefaultExpectTimeout(Patience.Milliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = Arguments, IgnoreDefaultArgs = ["--disable-back-forward-cache"] });
    }

    /// <summary>A browser that shares nothing with another: no tab, no storage.</summary>
    public Task<IBrowserContext> NewContextAsync() =>
        _browser!.NewContextAsync(new() { ViewportSize = new() { Width = 720, Height = 480 }, ReducedMotion = ReducedMotion.Reduce });

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
    }
}
