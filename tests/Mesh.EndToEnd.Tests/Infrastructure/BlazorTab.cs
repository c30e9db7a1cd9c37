using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>The demo in C# in a tab: the same elements, but buttons are disabled until a click is heard.</summary>
public sealed class BlazorTab(IPage page, string owner) : DemoTab(page, owner)
{
    protected override string ThatListens(string button) => $"{button}:enabled";
}
