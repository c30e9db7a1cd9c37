using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Net.Http.Headers;

namespace Mesh.Server;

/// <summary>
/// Lets Mesh's endpoint match WebSocket requests only, so that a page can live at the same path, and puts their bearer token where
/// authentication, which comes next, looks for it: a page can't set the header (protocol §8). And notes when that was.
/// </summary>
internal sealed class WebSocketRequestPolicy(Revocations revocations) : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsMesh);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var upgrade = IsWebSocketRequest(httpContext);
        for (var at = 0; at < candidates.Count; at++)
        {
            if (!candidates.IsValidCandidate(at)) continue;
            if (IsMesh(candidates[at].Endpoint) != upgrade) candidates.SetValidity(at, false);
            else if (upgrade) Begin(httpContext);
        }
        return Task.CompletedTask;
    }

    private void Begin(HttpContext http)
    {
        OpeningRequest.Note(http, revocations);
        TakeToken(http.Request);
    }

    private static void TakeToken(HttpRequest request)
    {
        if (request.Headers.ContainsKey(HeaderNames.Authorization) || request.Query["access_token"] is not [{ Length: > 0 } token]) return;
        request.Headers.Authorization = $"Bearer {token}";
    }

    private static bool IsMesh(Endpoint endpoint) => endpoint.Metadata.GetMetadata<MeshEndpoint>() is not null;

    // The WebSocket middleware runs only inside the endpoint, so the request is asked itself: HTTP/1.1, then HTTP/2.
    private static bool IsWebSocketRequest(HttpContext http) =>
        http.Request.Headers.Upgrade.Any(it => string.Equals(it, "websocket", StringComparison.OrdinalIgnoreCase))
        || http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };
}
