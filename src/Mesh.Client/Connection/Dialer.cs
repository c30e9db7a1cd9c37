using System.Net.WebSockets;

namespace Mesh.Client;

/// <summary>Makes WebSockets to the server, with what the application wants each request to carry.</summary>
internal sealed class Dialer(Uri url, MeshClientOptions options)
{
    /// <returns>One that is open.</returns>
    public async Task<WebSocket> ConnectAsync(CancellationToken cancellationToken)
    {
        if (options.Dial is { } dial) return await dial(cancellationToken).ConfigureAwait(false);
        var webSocket = new ClientWebSocket();
        try
        {
            if (!OperatingSystem.IsBrowser()) await SetUpAsync(webSocket.Options, cancellationToken).ConfigureAwait(false);
            options.ConfigureWebSocket?.Invoke(webSocket.Options);
            await webSocket.ConnectAsync(url, cancellationToken).ConfigureAwait(false);
            return webSocket;
        }
        catch
        {
            webSocket.Dispose();
            throw;
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("browser")]
    private async Task SetUpAsync(ClientWebSocketOptions request, CancellationToken cancellationToken)
    {
        // The protocol has signs of life of its own.
        request.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        foreach (var (name, value) in options.Headers) request.SetRequestHeader(name, value);
        if (options.Cookies is not null) request.Cookies = options.Cookies;
        if (options.AccessTokenProvider is null) return;
        var token = await options.AccessTokenProvider(cancellationToken).ConfigureAwait(false);
        if (token is not null) request.SetRequestHeader("Authorization", "Bearer " + token);
    }
}
