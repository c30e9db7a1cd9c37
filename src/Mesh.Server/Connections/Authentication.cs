using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Mesh.Server;

/// <summary>Who a request was authenticated as, and until when.</summary>
/// <param name="User">The principal; an anonymous one if nobody was authenticated.</param>
/// <param name="ExpiresAt">When that ends of itself; null if never.</param>
/// <param name="Request">The request that asked for the WebSocket.</param>
internal sealed record Authentication(ClaimsPrincipal User, DateTimeOffset? ExpiresAt, OpeningRequest Request)
{
    public static Authentication Of(HttpContext http)
    {
        // Set by authentication, and again by authorization where a policy names its schemes.
        var result = http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult;
        return new(http.User, result is { Succeeded: true } ? result.Properties?.ExpiresUtc : null, OpeningRequest.Of(http));
    }

    /// <summary>How long it lasts from now on; null if for ever.</summary>
    public TimeSpan? LastsFor(TimeProvider time) =>
        ExpiresAt is not { } end ? null : end - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
