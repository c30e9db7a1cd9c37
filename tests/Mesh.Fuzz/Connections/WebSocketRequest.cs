using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mesh.Fuzz;

/// <summary>The request that opens a WebSocket, as a web server hands it on.</summary>
internal sealed class WebSocketRequest : IHttpWebSocketFeature, IHttpRequestLifetimeFeature
{
    private readonly Stream _wire;
    private readonly CancellationTokenSource _aborted;

    private WebSocketRequest(Stream wire, CancellationTokenSource aborted)
    {
        (_wire, _aborted) = (wire, aborted);
        RequestAborted = aborted.Token;
    }

    public bool IsWebSocketRequest => true;

    public CancellationToken RequestAborted { get; set; }

    /// <param name="wire">The server's end.</param>
    /// <param name="aborted">Cancelled when the wire is gone.</param>
    /// <param name="userId">Who the server verifies the client to be; null for nobody.</param>
    public static HttpContext Create(Stream wire, CancellationTokenSource aborted, string? userId)
    {
        var request = new WebSocketRequest(wire, aborted);
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpWebSocketFeature>(request);
        http.Features.Set<IHttpRequestLifetimeFeature>(request);
        if (userId is not null) http.User = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, userId)], "fuzz"));
        return http;
    }

    public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) =>
        Task.FromResult(WebSocket.CreateFromStream(_wire, new() { IsServer = true, KeepAliveInterval = TimeSpan.Zero }));

    public void Abort() => _aborted.Cancel();
}
