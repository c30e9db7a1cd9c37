using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mesh.Simulation;

/// <summary>The request that opens a WebSocket, as a node's web server hands it on.</summary>
internal sealed class WebSocketRequest(WebSocket webSocket) : IHttpWebSocketFeature, IHttpRequestLifetimeFeature
{
    public bool IsWebSocketRequest => true;

    public CancellationToken RequestAborted { get; set; }

    /// <param name="webSocket">The node's end.</param>
    /// <param name="userId">Who the server verifies the client to be; null for nobody.</param>
    public static HttpContext Create(WebSocket webSocket, string? userId)
    {
        var request = new WebSocketRequest(webSocket);
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpWebSocketFeature>(request);
        http.Features.Set<IHttpRequestLifetimeFeature>(request);
        if (userId is not null) http.User = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, userId)], "simulated"));
        return http;
    }

    public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => Task.FromResult(webSocket);

    public void Abort() => webSocket.Abort();
}
