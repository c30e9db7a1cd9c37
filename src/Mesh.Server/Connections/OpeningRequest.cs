using System.Net;
using Microsoft.AspNetCore.Http;

namespace Mesh.Server;

/// <summary>What is kept of the request that asked for a WebSocket.</summary>
/// <param name="Endpoint">The endpoint, whose requirements a renewal meets as well.</param>
/// <param name="Address">Where it came from; null if that is not known.</param>
/// <param name="PathBase">The part of the path that the application is under.</param>
/// <param name="Path">The rest of it.</param>
/// <param name="Revocations">The number of the last revocation when it came: those after it may have missed it.</param>
internal sealed record OpeningRequest(Endpoint? Endpoint, IPAddress? Address, PathString PathBase, PathString Path, long Revocations)
{
    /// <summary>Notes when a request came, before anybody is authenticated.</summary>
    public static void Note(HttpContext http, Revocations revocations) => http.Features.Set(new Arrival(revocations.Latest));

    // Where an application routes by itself and nobody has noted it, all revocations that are remembered count.
    public static OpeningRequest Of(HttpContext http) => new(
        http.GetEndpoint(), http.Connection.RemoteIpAddress, http.Request.PathBase, http.Request.Path, http.Features.Get<Arrival>()?.Revocations ?? 0);

    private sealed record Arrival(long Revocations);
}
