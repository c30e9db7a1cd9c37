using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>How a <see cref="MeshClient"/> connects. Validated when the client is made; what is changed later has no effect.</summary>
public sealed class MeshClientOptions
{
    /// <summary>The server, <c>ws:</c> or <c>wss:</c>. For <c>AddMeshClient</c>; one given to the client's constructor wins. Default: none.</summary>
    public string? Url { get; set; }

    /// <summary>
    /// A secret of this user on all their machines: connections with the same key take over each other's state (protocol §8,
    /// §11). 16 to 256 characters that nobody can guess. Default: random, kept in <see cref="Storage"/> under <c>m:client-key</c>.
    /// </summary>
    public string? ClientKey { get; set; }

    /// <summary>How long to wait for a response. Default: 30 s. Range: 1 ms to 24 days.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt to connect may take, with the session. Default: 5 s. Range: 1 ms to 24 days.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether to connect again after a failure. Default: true.</summary>
    public bool Reconnect { get; set; } = true;

    /// <summary>Failures in a row after which the client gives up. Default: null, never. Range: 0 or more.</summary>
    public int? MaxReconnectAttempts { get; set; }

    /// <summary>The server's ping interval, as long as the server has not told it; plain servers never do. Default: 30 s. Range: 1 ms to 6 days.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Sent with each request to connect. In WebAssembly they can't be set: leave them empty there. Default: none.</summary>
    public IDictionary<string, string> Headers { get; private set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sent with each request to connect. In WebAssembly the browser sends its own: leave it null there. Default: null.</summary>
    public CookieContainer? Cookies { get; set; }

    /// <summary>
    /// Asked at each attempt to connect, and to renew the authentication (<see cref="MeshClient.RenewAsync"/>). What it returns is
    /// sent as <c>Authorization: Bearer</c>, null sends nothing. In WebAssembly, where headers can't be set, it goes in the query as
    /// <c>access_token</c> (protocol §8), which the server must take and not log. One that throws makes the attempt a failed one.
    /// Default: null.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? AccessTokenProvider { get; set; }

    /// <summary>Sets what else a WebSocket takes (proxy, certificates), at each attempt to connect. Default: null.</summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>
    /// Where the user's own states and the client key are kept. Default: null, which is the browser's localStorage in
    /// WebAssembly, and else a <see cref="FilePresenceStorage"/> in a folder for this server.
    /// </summary>
    public IPresenceStorage? Storage { get; set; }

    /// <summary>For payloads and states where no <c>JsonTypeInfo</c> is given. Default: null, <see cref="JsonSerializerOptions.Web"/> (camelCase).</summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>Default: the system's, or the one of the service provider.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>From 0 to below 1, for the jitter of reconnecting. Default: <see cref="Random.Shared"/>.</summary>
    public Func<double>? Jitter { get; set; }

    /// <summary>Default: null, nothing is logged, or the one of the service provider.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Another network than the system's, as a simulation has; then the system's is not watched. Default: null.</summary>
    internal Func<CancellationToken, Task<WebSocket>>? Dial { get; set; }

    /// <summary>What a client was made with, whatever becomes of these.</summary>
    internal MeshClientOptions Copy()
    {
        var copy = (MeshClientOptions)MemberwiseClone();
        copy.Headers = new Dictionary<string, string>(Headers, StringComparer.OrdinalIgnoreCase);
        return copy;
    }
}
