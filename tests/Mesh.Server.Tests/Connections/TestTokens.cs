using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Mesh.Server.Tests;

/// <summary>Bearer tokens as the ASP.NET Core package takes them, by the server's own clock.</summary>
internal static class TestTokens
{
    private static readonly SymmetricSecurityKey Key = new(RandomNumberGenerator.GetBytes(32));

    /// <summary>A server with time that stands, whose endpoint requires such a token.</summary>
    /// <param name="mesh">What else is configured.</param>
    /// <param name="role">What a token must say as well.</param>
    /// <param name="requirement">What its bearer must meet as well.</param>
    public static Task<TestServer> StartServerAsync(Action<IMeshBuilder>? mesh = null, string? role = null, IAuthorizationRequirementData? requirement = null) => TestServer.StartAsync(
        mesh: mesh,
        fakeTime: true,
        services: it =>
        {
            it.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
            it.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<TimeProvider>((options, time) =>
            {
                options.MapInboundClaims = false;
                options.TokenValidationParameters = new()
                {
                    IssuerSigningKey = Key,
                    ValidateIssuer = false,
                    ValidateAudience = false,
                    RoleClaimType = "role",
                    LifetimeValidator = (from, to, _, _) => !(from > time.GetUtcNow().UtcDateTime) && to > time.GetUtcNow().UtcDateTime,
                };
            });
            it.Services.AddAuthorization();
        },
        before: app =>
        {
            AuthAppBuilderExtensions.UseAuthentication(app);
            AuthorizationAppBuilderExtensions.UseAuthorization(app);
        },
        endpoint: it =>
        {
            it.RequireAuthorization(new AuthorizeAttribute { Roles = role });
            if (requirement is not null) it.WithMetadata(requirement);
        });

    public static string For(TestServer server, string user, TimeSpan lasts, string role = "member", SecurityKey? key = null) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Subject = new ClaimsIdentity([new("sub", user), new("role", role)]),
        NotBefore = server.Time.GetUtcNow().UtcDateTime,
        IssuedAt = server.Time.GetUtcNow().UtcDateTime,
        Expires = (server.Time.GetUtcNow() + lasts).UtcDateTime,
        SigningCredentials = new(key ?? Key, SecurityAlgorithms.HmacSha256),
    });

    /// <summary>Connects with a token in the header.</summary>
    public static Task<PlainClient> ConnectAsync(this TestServer server, string token) => server.ConnectAsync(it => it.SetRequestHeader("Authorization", $"Bearer {token}"));
}
