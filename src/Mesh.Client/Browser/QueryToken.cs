using System.Net.WebSockets;

namespace Mesh.Client;

/// <summary>An access token in the query, as browsers let no header be set (protocol §8). Nothing tells it to anybody but the server.</summary>
internal static class QueryToken
{
    private const string Name = "access_token";

    /// <exception cref="WebSocketException">Failed; what it says is without the token.</exception>
    public static async Task ConnectAsync(ClientWebSocket webSocket, Uri url, string token, CancellationToken cancellationToken)
    {
        var escaped = Uri.EscapeDataString(token);
        var connecting = webSocket.ConnectAsync(AddTo(url, escaped), cancellationToken);
        await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Neither the failure nor what caused it goes on: both may name the url.
        if (connecting.Exception is { } failure) throw new WebSocketException(WebSocketError.Faulted, Hide(failure.GetBaseException().Message, token, escaped));
        await connecting.ConfigureAwait(false);
    }

    /// <summary>What a failure says, without the token, written either way.</summary>
    public static string Hide(string text, string token, string escaped) =>
        token.Length == 0 ? text : text.Replace(token, "…", StringComparison.Ordinal).Replace(escaped, "…", StringComparison.Ordinal);

    private static Uri AddTo(Uri url, string escaped)
    {
        var before = url.Query.TrimStart('?');
        return new UriBuilder(url) { Query = $"{before}{(before.Length > 0 ? "&" : "")}{Name}={escaped}" }.Uri;
    }
}
