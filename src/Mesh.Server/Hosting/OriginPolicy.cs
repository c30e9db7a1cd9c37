using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Mesh.Server;

/// <summary>
/// Lets browsers connect from the server's own pages, or from the origins that were listed (protocol §2): a browser sends cookies with a
/// WebSocket of any page. Who sends no origin is no browser, and may say what they like.
/// </summary>
internal sealed class OriginPolicy(IEnumerable<string> allowed)
{
    private readonly HashSet<string> _allowed = new(allowed, StringComparer.OrdinalIgnoreCase);

    public bool Allows(HttpRequest request)
    {
        var origins = request.Headers[HeaderNames.Origin];
        if (origins.Count == 0 || _allowed.Contains("*")) return true;
        if (origins.Count > 1 || origins[0] is not { } origin) return false;
        return _allowed.Count > 0 ? _allowed.Contains(origin) : IsOwn(origin, request);
    }

    // Where TLS ends at a proxy that does not say so, browsers see another scheme than the server.
    private static bool IsOwn(string origin, HttpRequest request)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri)) return false;
        if (uri.Scheme != "https" && (uri.Scheme != "http" || request.IsHttps)) return false;
        return string.Equals(uri.IdnHost, request.Host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase)
            && uri.Port == (request.Host.Port ?? (uri.Scheme == "https" ? 443 : 80));
    }
}
