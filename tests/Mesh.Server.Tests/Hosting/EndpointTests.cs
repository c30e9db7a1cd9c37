using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Tests.Hosting;

/// <summary>Where and how Mesh stands in an application.</summary>
public sealed class EndpointTests : IDisposable
{
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public void MapMesh_without_AddMesh_says_what_is_missing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore();
        using var app = builder.Build();
        Should.Throw<InvalidOperationException>(() => app.MapMesh("/")).Message.ShouldContain("AddMesh");
    }

    [Fact]
    public async Task AddMesh_may_be_called_twice()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.Services.AddMesh().AddCommand<int, int>("double", (_, number) => number * 2));
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("double", "2")).ShouldBe("4");
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        await server.Mesh.BroadcastAsync("once", 1, cancellationToken: Cancellation);
        await client.FenceAsync();
        client.Events.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_page_lives_at_the_same_path()
    {
        await using var server = await TestServer.StartAsync(before: app => app.MapGet("/", () => "the page"));
        (await _http.GetStringAsync(server.Http, Cancellation)).ShouldBe("the page");
        await using var client = await server.ConnectAsync();
        await client.FenceAsync();
    }

    [Fact]
    public async Task Without_a_page_other_requests_are_not_found()
    {
        await using var server = await TestServer.StartAsync();
        (await _http.GetAsync(server.Http, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _http.PostAsync(server.Http, null, Cancellation)).StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Several_endpoints_share_rooms()
    {
        await using var server = await TestServer.StartAsync(before: app => app.MapMesh("/second"));
        await using var one = await server.ConnectAsync();
        await using var two = await PlainClient.ConnectAsync(new Uri(server.Address, "/second"));
        await one.JoinAsync("r");
        (await two.JoinAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(2);
        (await _http.GetAsync(new Uri(server.Http, "/second/mesh/client.js"), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("client.js")]
    [InlineData("client-utils.js")]
    public async Task The_client_modules_are_served(string module)
    {
        await using var server = await TestServer.StartAsync();
        var address = new Uri(server.Http, "/mesh/" + module);
        using var first = await _http.GetAsync(address, Cancellation);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Content.Headers.ContentType!.ToString().ShouldBe("text/javascript; charset=utf-8");
        first.Headers.CacheControl!.NoCache.ShouldBeTrue();
        (await first.Content.ReadAsStringAsync(Cancellation)).ShouldContain("export");

        using var again = new HttpRequestMessage(HttpMethod.Get, address);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag.ShouldNotBeNull());
        using var second = await _http.SendAsync(again, Cancellation);
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await second.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/mesh/nope.js")]
    [InlineData("/mesh/package.json")]
    [InlineData("/mesh/..%2FMesh.Server.dll")]
    [InlineData("/mesh/Client.js")]
    [InlineData("/mesh/")]
    public async Task Other_files_are_not_found(string path)
    {
        await using var server = await TestServer.StartAsync();
        (await _http.GetAsync(new Uri(server.Http, path), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task All_modules_that_the_two_import_are_served_too()
    {
        await using var server = await TestServer.StartAsync();
        var pending = new Queue<string>(["client.js", "client-utils.js"]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (pending.TryDequeue(out var module))
        {
            if (!seen.Add(module)) continue;
            var text = await _http.GetStringAsync(new Uri(server.Http, "/mesh/" + module), Cancellation);
            foreach (var import in text.Split('"').Where(it => it.StartsWith("./", StringComparison.Ordinal) && it.EndsWith(".js", StringComparison.Ordinal))) pending.Enqueue(import[2..]);
        }
        seen.Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Only_allowed_origins_may_connect_if_some_are_listed()
    {
        await using var server = await TestServer.StartAsync(options: it => it.AllowedOrigins.Add("https://example.com"));
        await using var allowed = await server.ConnectAsync(it => it.SetRequestHeader("Origin", "https://example.com"));
        await Should.ThrowAsync<WebSocketException>(() => server.ConnectAsync(it => it.SetRequestHeader("Origin", "https://evil.example")));
        await using var noBrowser = await server.ConnectAsync();
    }

    [Theory]
    [InlineData("http://127.0.0.1:{port}", true)]
    [InlineData("https://127.0.0.1:{port}", true)] // a proxy ends TLS
    [InlineData("http://127.0.0.1", false)]
    [InlineData("http://localhost:{port}", false)]
    [InlineData("https://evil.example", false)]
    [InlineData("https://127.0.0.1:{port}.evil.example", false)]
    [InlineData("null", false)] // a sandboxed frame, a file
    [InlineData("", false)]
    public async Task By_default_only_the_servers_own_pages_may_connect(string origin, bool may)
    {
        await using var server = await TestServer.StartAsync();
        Task<PlainClient> Connect() => server.ConnectAsync(it => it.SetRequestHeader("Origin", origin.Replace("{port}", $"{server.Http.Port}", StringComparison.Ordinal)));
        if (may) await (await Connect()).DisposeAsync();
        else (await Should.ThrowAsync<WebSocketException>(Connect)).Message.ShouldContain("403");
    }

    [Fact]
    public async Task All_origins_may_connect_where_that_is_said()
    {
        await using var server = await TestServer.StartAsync(options: it => it.AllowedOrigins.Add("*"));
        foreach (var origin in new[] { "https://evil.example", "null" })
            await (await server.ConnectAsync(it => it.SetRequestHeader("Origin", origin))).DisposeAsync();
    }

    [Fact]
    public async Task Options_are_bound_from_the_configuration_section_Mesh_and_code_comes_after()
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Mesh:CommandsPerSecond"] = "5000",
                ["Mesh:Grace"] = "00:00:07",
                ["Mesh:StateBytes"] = "99",
                ["Mesh:AllowedOrigins:0"] = "https://example.com",
            }),
            options: it => it.StateBytes = 100);
        var options = server.Get<IOptions<MeshOptions>>().Value;
        options.CommandsPerSecond.ShouldBe(5000);
        options.Grace.ShouldBe(TimeSpan.FromSeconds(7));
        options.StateBytes.ShouldBe(100);
        options.AllowedOrigins.ShouldContain("https://example.com");
        options.CommandBurst.ShouldBe(200);
        await using var client = await server.ConnectAsync();
        var session = await client.OpenSessionAsync();
        session.GetProperty("grace").GetInt32().ShouldBe(7000);
        session.GetProperty("limits").ShouldBe("""{"message":65536,"state":100}""");
    }

    [Theory]
    [InlineData("Mesh:MessageBytes", "many")]
    [InlineData("Mesh:MessageBytes", "16384")] // no larger than a state
    [InlineData("Mesh:StateBytes", "65536")]
    [InlineData("Mesh:StateBytes", "262145")] // more than a fourth of a queue
    [InlineData("Mesh:AllowedOrigins", "https://example.com")] // not a list: it would be ignored
    [InlineData("Mesh:AllowedOrigins:0", "example.com")]
    [InlineData("Mesh:AllowedOrigins:0", "https://example.com/")]
    [InlineData("Mesh:AllowedOrigins:0", "https://example.com/app")]
    public async Task Options_that_make_no_sense_are_told_at_start(string key, string value)
    {
        var refusal = await Should.ThrowAsync<Exception>(() => TestServer.StartAsync(
            services: it => it.Configuration.AddInMemoryCollection([new(key, value)])));
        (refusal.Message + refusal.InnerException?.Message).ShouldContain(key.Split(':')[1]);
    }

    [Fact]
    public async Task Defaults_are_those_of_the_protocol()
    {
        await using var server = await TestServer.StartAsync();
        var options = server.Get<IOptions<MeshOptions>>().Value;
        (options.PingInterval, options.LatencyInterval, options.Grace, options.ReloadGrace, options.FlushInterval).ShouldBe(
            (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(50)));
        (options.MessageBytes, options.StateBytes, options.RoomsPerConnection, options.MembersPerRoom).ShouldBe((65_536, 16_384, 100, 10_000));
        (options.CommandsPerSecond, options.CommandBurst, options.OutboundBytes, options.HistoryLength).ShouldBe((100, 200, 1024 * 1024, 1024));
        (options.ConnectionsPerUser, options.ConnectionsPerAddress).ShouldBe((100, 10_000));
    }

    [Fact]
    public async Task Its_JSON_is_as_the_application_configures()
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Services.Configure<MeshJsonOptions>(json => json.SerializerOptions = new(json.SerializerOptions) { PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower }));
        await using var client = await server.ConnectAsync();
        await server.Mesh.BroadcastAsync("told", new { UserName = "a" }, cancellationToken: Cancellation);
        await client.ShouldHaveEventsAsync("""{"command":"told","payload":{"user_name":"a"}}""");
    }
}
