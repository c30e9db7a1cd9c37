using System.Net.WebSockets;

namespace Mesh.Client;

/// <summary>Makes WebSockets to the server, with what the application wants each request to carry.</summary>
internal sealed class Dialer(Uri url, MeshClientOptions options)
{
    /// <summary>Whether the application has access tokens.</summary>
    public bool HasTokens => options.AccessTokenProvider is not null;

    /// <returns>One that is open.</returns>
    public async Task<WebSocket> ConnectAsync(CancellationToken cancellationToken)
    {
        if (options.Dial is { } dial) return await dial(cancellationToken).ConfigureAwait(false);
        var webSocket = new ClientWebSocket();
        try
        {
            var token = await GetTokenAsync(cancellationToken).ConfigureAwait(false);
            if (!OperatingSystem.IsBrowser()) SetUp(webSocket.Options, token);
            options.ConfigureWebSocket?.Invoke(webSocket.Options);
            if (OperatingSystem.IsBrowser() && token is not null) await QueryToken.ConnectAsync(webSocket, url, token, cancellationToken).ConfigureAwait(false);
            else await webSocket.ConnectAsync(url, cancellationToken).ConfigureAwait(false);
            return webSocket;
        }
        catch
        {
            webSocket.Dispose();
            throw;
        }
    }

    /// <returns>The access token as it is now; null if there is none.</returns>
    public ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken) => options.AccessTokenProvider?.Invoke(cancellationToken) ?? default;

    [System.Runtime.Versioning.UnsupportedOSPlatform("browser")]
    private void SetUp(ClientWebSocketOptions request, string? token)
    {
        // The protocol has signs of life of its own.
        request.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        foreach (var (name, value) in options.Headers) request.SetRequestHeader(name, value);
        if (options.Cookies is not null) request.Cookies = options.Cookies;
        if (token is not null) request.SetRequestHeader("Authorization", "Bearer " + token);
    }
}
