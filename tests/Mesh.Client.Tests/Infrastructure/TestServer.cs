using Mesh.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Mesh.Client.Tests;

/// <summary>A real server. All rooms are tracked, and there are commands <c>echo</c>, <c>fail</c> and <c>never</c>.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app) => _app = app;

    public MeshServer Mesh => _app.Services.GetRequiredService<MeshServer>();

    public int Port { get; private set; }

    public string Url => UrlAt(Port);

    public static string UrlAt(int port) => $"ws://127.0.0.1:{port}/";

    /// <param name="port">0: any that is free.</param>
    /// <param name="options">The server's options.</param>
    /// <param name="mesh">What else there is.</param>
    /// <param name="before">What stands before it.</param>
    /// <param name="users">Who its users are; null: it verifies nobody.</param>
    public static async Task<TestServer> StartAsync(
        int port = 0, Action<MeshOptions>? options = null, Action<IMeshBuilder>? mesh = null, Action<WebApplication>? before = null, TestUsers? users = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Mesh.Client.Tests" });
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.Configure<HostOptions>(it => it.ShutdownTimeout = TimeSpan.FromSeconds(30));
        var added = builder.Services.AddMesh(it => options?.Invoke(it));
        added.AddCommand<RawJson, RawJson>("echo", (_, payload) => payload);
        added.AddCommand("fail", RawJson (CommandContext _, RawJson _) => throw new MeshException("EAUTH", "Not you"));
        added.AddCommand<RawJson, RawJson>("never", async (context, _) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return default;
        });
        mesh?.Invoke(added);
        if (mesh is null) added.TrackPresence("*");

        users?.AddTo(builder.Services);

        var server = new TestServer(builder.Build());
        if (users is not null) server._app.UseAuthentication();
        before?.Invoke(server._app);
        server._app.MapMesh("/");
        await server._app.StartAsync();
        server.Port = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
