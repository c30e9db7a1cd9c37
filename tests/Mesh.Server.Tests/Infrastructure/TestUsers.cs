using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Tests;

/// <summary>Believes the header <c>X-User</c>.</summary>
internal sealed class TestUsers(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Header = "X-User";

    public static Task<TestServer> StartServerAsync(
        Action<IMeshBuilder>? mesh = null,
        bool fakeTime = false,
        Action<MeshEndpointBuilder>? endpoint = null,
        Action<MeshOptions>? options = null,
        Action<IApplicationBuilder>? after = null) =>
        TestServer.StartAsync(
            options: options,
            mesh: mesh,
            fakeTime: fakeTime,
            services: it =>
            {
                it.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, TestUsers>("test", null);
                it.Services.AddAuthorization();
            },
            before: app =>
            {
                AuthAppBuilderExtensions.UseAuthentication(app);
                AuthorizationAppBuilderExtensions.UseAuthorization(app);
                after?.Invoke(app);
            },
            endpoint: endpoint);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header].ToString() is not { Length: > 0 } name) return Task.FromResult(AuthenticateResult.NoResult());
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, name), new("tenant", "t-" + name)], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new(new(identity), Scheme.Name)));
    }
}
