using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Fuzz;

/// <summary>The application's bearer tokens: "anna" is hers, and "briefly anna" as well, for a moment.</summary>
internal sealed class AppTokens(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Name = "tokens";
    public const string Briefly = "briefly ";

    private const string Bearer = "Bearer ";
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    /// <summary>The id of the visitor of that name. The bystander has none.</summary>
    public static string UserOf(string name) => $"user-{name}";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.ToString() is not { } header || !header.StartsWith(Bearer, StringComparison.Ordinal)) return Task.FromResult(AuthenticateResult.NoResult());
        var isBrief = header[Bearer.Length..].StartsWith(Briefly, StringComparison.Ordinal);
        var name = header[(Bearer.Length + (isBrief ? Briefly.Length : 0))..];
        if (name.Length == 0 || name.Contains(' ', StringComparison.Ordinal)) return Task.FromResult(AuthenticateResult.Fail("That is no token."));
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, UserOf(name))], Name);
        var properties = new AuthenticationProperties { ExpiresUtc = isBrief ? TimeProvider.GetUtcNow() + Moment : null };
        return Task.FromResult(AuthenticateResult.Success(new(new(identity), properties, Name)));
    }
}
