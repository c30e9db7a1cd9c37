using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;

namespace Mesh.Client;

/// <summary>Keeps everything in the page's localStorage, shared with the browser client. For WebAssembly.</summary>
[SupportedOSPlatform("browser")]
public sealed partial class BrowserPresenceStorage : IPresenceStorage
{
    /// <inheritdoc/>
    public string? Get(string key) => GetItem(key);

    /// <inheritdoc/>
    public void Set(string key, string value) => SetItem(key, value);

    /// <inheritdoc/>
    public void Remove(string key) => RemoveItem(key);

    [JSImport("globalThis.localStorage.getItem")]
    private static partial string? GetItem(string key);

    [JSImport("globalThis.localStorage.setItem")]
    private static partial void SetItem(string key, string value);

    [JSImport("globalThis.localStorage.removeItem")]
    private static partial void RemoveItem(string key);
}
