using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Client.Tests;

/// <summary>The users of a <see cref="TestServer"/>: it believes the header <c>X-User</c>, and tokens like <c>alice.1</c>.</summary>
internal sealed class TestUsers
{
    public const string Header = "X-User";

    private readonly ConcurrentQueue<string> _seen = [];

    /// <summary>For how long what it has believed holds.</summary>
    public TimeSpan? Lasts { get; set; }

    /// <summary>Whether it looks at tokens at all.</summary>
    public bool TakesTokens { get; set; } = true;

    /// <summary>A token that it does not believe.</summary>
    public string? Invalid { get; set; }

    /// <summary>What it was shown, in order: the users of headers, and tokens.</summary>
    public IReadOnlyList<string> Seen => [.. _seen];

    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, Handler>("test", null);
    }

    private sealed class Handler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TestUsers users)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var token = Request.Headers.Authorization is [{ } bearer] ? bearer["Bearer ".Length..] : Request.Query["access_token"].SingleOrDefault();
            if (Request.Headers[Header] is not [{ } name]) name = token is not null && users.TakesTokens ? token.Split('.')[0] : null;
            if (name is null) return Task.FromResult(AuthenticateResult.NoResult());
            users._seen.Enqueue(token ?? name);
            if (token is not null && token == users.Invalid) return Task.FromResult(AuthenticateResult.Fail("Not valid."));
            var ends = new AuthenticationProperties { ExpiresUtc = users.Lasts is { } lasts ? TimeProvider.GetUtcNow() + lasts : null };
            return Task.FromResult(AuthenticateResult.Success(new(new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, name)], Scheme.Name)), ends, Scheme.Name)));
        }
    }
}
