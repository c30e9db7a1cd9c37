using Mesh.Protocol;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server;

/// <summary>Looks at a bearer token as if it had come with the request of the connection (protocol §8).</summary>
internal static class TokenAuthentication
{
    /// <summary>Who the token is for, and until when.</summary>
    /// <exception cref="MeshException"><c>EFORBIDDEN</c>: it is not valid here; <c>EINVALID</c>: nothing here takes tokens.</exception>
    public static async Task<Authentication> AuthenticateAsync(string token, OpeningRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var http = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellationToken };
        http.SetEndpoint(request.Endpoint);
        http.Connection.RemoteIpAddress = request.Address;
        (http.Request.PathBase, http.Request.Path) = (request.PathBase, request.Path);
        http.Request.Headers.Authorization = $"Bearer {token}";

        var policy = await PolicyAsync(request.Endpoint, services);
        var result = await AuthenticateAsync(http, policy?.AuthenticationSchemes ?? []);
        http.User = result.Principal!;
        // The claims of a token may be others than those of the one before.
        if (policy is not null && !(await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(http.User, http, policy)).Succeeded) throw Invalid();
        return new(http.User, result.Properties?.ExpiresUtc, request);
    }

    public static MeshException Invalid() => new(ErrorCodes.Forbidden, "The token is not valid for this connection");

    private static async Task<AuthenticateResult> AuthenticateAsync(HttpContext http, IReadOnlyList<string> named)
    {
        if (http.RequestServices.GetService<IAuthenticationSchemeProvider>() is not { } all) throw NoTokens();
        var schemes = named.Count > 0 ? named : [.. new[] { (await all.GetDefaultAuthenticateSchemeAsync())?.Name }.OfType<string>()];
        var isRefused = false;
        foreach (var scheme in schemes)
        {
            var result = await http.AuthenticateAsync(scheme);
            if (result.Succeeded) return result;
            isRefused |= result.Failure is not null;
        }
        throw isRefused ? Invalid() : NoTokens();
    }

    private static MeshException NoTokens() => Refusals.Invalid("This connection can't be authenticated by a token");

    // As authorization puts it together for the connection's own request.
    private static async Task<AuthorizationPolicy?> PolicyAsync(Endpoint? endpoint, IServiceProvider services)
    {
        if (endpoint is null || services.GetService<IAuthorizationPolicyProvider>() is not { } policies) return null;
        var policy = await AuthorizationPolicy.CombineAsync(
            policies, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>());
        IAuthorizationRequirement[] more = [.. endpoint.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>().SelectMany(static it => it.GetRequirements())];
        if (more.Length == 0) return policy;
        var required = new AuthorizationPolicyBuilder().AddRequirements(more).Build();
        return policy is null ? required : AuthorizationPolicy.Combine(policy, required);
    }
}
