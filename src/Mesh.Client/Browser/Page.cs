using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;

namespace Mesh.Client;

/// <summary>The page that a client in WebAssembly lives in.</summary>
[SupportedOSPlatform("browser")]
internal static partial class Page
{
    /// <summary>False in a worker, which is no page.</summary>
    public static bool Exists { get; } = JSHost.GlobalThis.HasProperty("document");

    /// <summary>False while the tab is in the background.</summary>
    public static bool IsVisible
    {
        get
        {
            using var document = JSHost.GlobalThis.GetPropertyAsJSObject("document");
            return document?.GetPropertyAsString("visibilityState") == "visible";
        }
    }

    /// <summary>Calls back with each event of that type, as long as the page lives.</summary>
    [JSImport("globalThis.addEventListener")]
    public static partial void Listen(string type, [JSMarshalAs<JSType.Function<JSType.Object>>] Action<JSObject> listener);

    [JSImport("globalThis.sessionStorage.getItem")]
    public static partial string? GetSessionItem(string key);

    [JSImport("globalThis.sessionStorage.setItem")]
    public static partial void SetSessionItem(string key, string value);

    [JSImport("globalThis.sessionStorage.removeItem")]
    public static partial void RemoveSessionItem(string key);
}
