// Presence of users who have signed in: the server knows who is who, and a room of one's own is nobody else's.
using System.Security.Claims;
using Mesh.Server;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

var builder = WebApplication.CreateBuilder(args);
string[] addresses = ["urls", "http_ports", "https_ports"];
if (addresses.All(it => string.IsNullOrEmpty(builder.Configuration[it]))) builder.WebHost.UseUrls("http://localhost:3002");
builder.Services.AddAuthorization();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
{
    options.Cookie.SameSite = SameSiteMode.Strict;
    // An open page says who it is again before that ends, like any other request: with a sliding one nobody who keeps it open is ever signed out.
    options.SlidingExpiration = false;
    options.ExpireTimeSpan = builder.Configuration.GetValue("SignedInFor", TimeSpan.FromHours(8));
    // There is no page to be sent to: who is not signed in is told so.
    options.Events.OnRedirectToLogin = context =>
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    };
});

var mesh = builder.Services.AddMesh()
    .TrackPresence("lobby", room => room.ValidateState<Status>((_, status) => status.Text is { Length: <= 40 } ? null : "A status has up to 40 characters."))
    .TrackPresence("private:*", room => room.GuardBy(IsOwn).GuardJoinBy(IsOwn));

if (builder.Configuration["Mesh:Redis"] is { Length: > 0 } redis)
{
    mesh.AddRedis(redis);
    // A cookie of one node is good on all. Nodes on one machine have one place for their keys; on several they need one by PersistKeysTo….
    builder.Services.AddDataProtection().SetApplicationName("PresenceSignIn");
}

var app = builder.Build();
app.UseFileServer();
app.UseAuthentication();
app.UseAuthorization();
app.MapMesh("/").RequireAuthorization();

// Two users, for a sample: an application asks its own.
var passwords = new Dictionary<string, string>(StringComparer.Ordinal) { ["alice"] = "wonderland", ["bob"] = "builder" };

app.MapGet("/me", (ClaimsPrincipal user) => new Me(user.FindFirstValue(ClaimTypes.NameIdentifier)!)).RequireAuthorization();

app.MapPost("/sign-in", (Credentials given) =>
    given is { User: { } user, Password: { } password } && passwords.TryGetValue(user, out var expected) && password == expected
        ? Results.SignIn(new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user)], CookieAuthenticationDefaults.AuthenticationScheme)))
        : Results.Unauthorized());

// All tabs of the user are told, on whatever node. Other browsers have a cookie of their own: an application that signs out everywhere
// sees to it that it is good no longer.
app.MapPost("/sign-out", async (ClaimsPrincipal user, HttpContext http, MeshServer server) =>
{
    await http.SignOutAsync();
    // Once this browser has lost its cookie: who is told comes back at once.
    http.Response.OnCompleted(() => server.RevokeAsync(user.FindFirstValue(ClaimTypes.NameIdentifier)!).AsTask());
}).RequireAuthorization();

app.Run();

static bool IsOwn(PresenceGuardContext who) => who.Room == $"private:{who.Connection.UserId}";

internal sealed record Credentials(string? User, string? Password);

internal sealed record Me(string User);

internal sealed record Status(string? Text);
