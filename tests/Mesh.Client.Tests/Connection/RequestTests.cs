using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Mesh.Client.Tests;

/// <summary>What a request to connect carries.</summary>
public sealed class RequestTests : Scenario
{
    private readonly List<string> _headers = [];

    [Fact]
    public async Task Headers_cookies_and_a_token_that_is_asked_for_each_time()
    {
        await using var server = await TestServer.StartAsync(before: app => app.Use(async (http, next) =>
        {
            lock (_headers) _headers.Add($"{http.Request.Headers["X-App"]} {http.Request.Cookies["session"]} {http.Request.Headers.Authorization}");
            await next(http);
        }));
        var asked = 0;
        var cookies = new System.Net.CookieContainer();
        cookies.Add(new Uri($"http://127.0.0.1:{server.Port}/"), new System.Net.Cookie("session", "s1"));
        var client = await ConnectAsync(server.Url, options: it =>
        {
            it.Headers["X-App"] = "tests";
            it.Cookies = cookies;
            it.AccessTokenProvider = _ => new($"token-{++asked}");
        });
        var id = client.ConnectionId!;
        server.Mesh.FindConnection(id)!.Close(4200, "once more");
        await Wait.UntilAsync(() => _headers.Count == 2 && client.Status == MeshClientStatus.Online);
        _headers.ShouldBe(["tests s1 Bearer token-1", "tests s1 Bearer token-2"]);
    }

    [Fact]
    public async Task A_refused_request_and_a_provider_that_throws_are_failures_like_others()
    {
        ExpectsFailures = true;
        var refusals = 2;
        await using var server = await TestServer.StartAsync(before: app => app.Use(async (http, next) =>
        {
            if (refusals-- > 0) http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            else await next(http);
        }));
        var throws = 2;
        var client = NewClient(server.Url, options: it => it.AccessTokenProvider = _ => throws-- > 0 ? throw new FormatException("No token today.") : new((string?)null));
        var recorder = new Recorder(client);
        await client.ConnectAsync().InTimeAsync();
        await Wait.UntilAsync(() => recorder.Faults == 4);
    }

    [Fact]
    public async Task A_token_that_never_comes_does_not_hold_up_closing()
    {
        var client = NewClient("ws://127.0.0.1:9/", options: it => it.AccessTokenProvider = _ => new(new TaskCompletionSource<string?>().Task));
        var connecting = client.ConnectAsync();
        await client.CloseAsync().InTimeAsync();
        await Should.ThrowAsync<MeshException>(connecting.InTimeAsync());
    }

    [Fact]
    public async Task The_application_may_set_what_else_there_is()
    {
        await StartAsync();
        var seen = 0;
        await ConnectAsync(options: it => it.ConfigureWebSocket = webSocket =>
        {
            webSocket.SetBuffer(2048, 2048);
            seen++;
        });
        seen.ShouldBe(1);
    }
}
