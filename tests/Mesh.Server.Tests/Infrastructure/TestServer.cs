using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Server.Tests;

/// <summary>A real server on a port of its own. All rooms are tracked, and there is a command <c>echo</c>, unless said otherwise.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _stopped;

    private TestServer(WebApplication app, FakeTimeProvider? time, RecordedErrors errors) => (_app, FakeTime, Errors) = (app, time, errors);

    public RecordedErrors Errors { get; }

    public MeshServer Mesh => Get<MeshServer>();

    /// <summary>The time of a server that was started with <c>fakeTime</c>.</summary>
    public FakeTimeProvider Time => FakeTime ?? throw new InvalidOperationException("This server has real time.");

    public Uri Http { get; private set; } = null!;

    public Uri Address => new UriBuilder(Http) { Scheme = "ws" }.Uri;

    private FakeTimeProvider? FakeTime { get; }

    public static async Task<TestServer> StartAsync(
        Action<MeshOptions>? options = null,
        Action<IMeshBuilder>? mesh = null,
        bool fakeTime = false,
        bool trackAll = true,
        Action<WebApplicationBuilder>? services = null,
        Action<WebApplication>? before = null,
        Action<MeshEndpointBuilder>? endpoint = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Mesh.Server.Tests" });
        var errors = new RecordedErrors();
        var time = fakeTime ? new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)) : null;
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddProvider(errors);
        builder.Services.Configure<HostOptions>(it => it.ShutdownTimeout = TimeSpan.FromSeconds(30));
        if (time is not null) builder.Services.AddSingleton<TimeProvider>(time);
        // Time that stands would keep it from ending.
        builder.Configuration[$"{MeshOptions.Section}:{nameof(MeshOptions.DrainTime)}"] = "0";
        services?.Invoke(builder);
        var added = builder.Services.AddMesh(it => options?.Invoke(it));
        mesh?.Invoke(added);
        if (trackAll) added.TrackPresence("*");
        added.AddCommand<RawJson, RawJson>("echo", (_, payload) => payload);

        var server = new TestServer(builder.Build(), time, errors);
        before?.Invoke(server._app);
        var mapped = server._app.MapMesh("/");
        endpoint?.Invoke(mapped);
        await server._app.StartAsync();
        server.Http = new(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public Task<PlainClient> ConnectAsync(Action<ClientWebSocketOptions>? configure = null) => PlainClient.ConnectAsync(Address, configure);

    public async Task<PlainClient[]> ConnectAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ConnectAsync()));

    /// <summary>A client with a session.</summary>
    public async Task<PlainClient> OpenAsync(string? clientKey = null, Action<ClientWebSocketOptions>? configure = null)
    {
        var client = await ConnectAsync(configure);
        await client.OpenSessionAsync(clientKey: clientKey);
        return client;
    }

    /// <summary>A client with a session, and the token to resume it by.</summary>
    public async Task<(PlainClient Client, string Token)> OpenWithTokenAsync(string? resume = null)
    {
        var client = await ConnectAsync();
        return (client, (await client.OpenSessionAsync(resume)).Token());
    }

    /// <summary>Waits until a connection has no WebSocket any more: it is within its grace, or gone.</summary>
    public Task UntilDroppedAsync(string id) => Wait.UntilAsync(() => Mesh.FindConnection(id) is null or { IsOpen: false });

    /// <summary>Waits until a connection is gone.</summary>
    public Task UntilGoneAsync(string id) => Wait.UntilAsync(() => Mesh.FindConnection(id) is null);

    /// <summary>Waits until a room has no members.</summary>
    public async Task UntilEmptyAsync(string room)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await Mesh.Room(room).ReadAsync() is { Count: > 0 } roster)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Wait.Limit) throw new TimeoutException($"{roster.Count} members are in it for ever.");
            await Task.Delay(1);
        }
    }

    public async Task StopAsync()
    {
        _stopped = true;
        await _app.StopAsync();
    }

    /// <summary>Stops the server. Nothing that a client did may have been logged as an error.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stopped) await StopAsync();
        await _app.DisposeAsync();
        Errors.All.ShouldBeEmpty();
    }
}
