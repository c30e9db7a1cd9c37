using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Mesh.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Simulation;

/// <summary>A node: the product's server as AddMesh puts it together, on a simulated store and under simulated WebSockets.</summary>
internal sealed class SimulatedNode
{
    private static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly IConfiguration NoConfiguration = new ConfigurationBuilder().Build();

    private readonly World _world;
    private readonly ConnectionHost _host;
    private readonly ConnectionRegistry _connections;
    private readonly Lifetime _lifetime = new();
    private readonly KnownStamps _known = new();
    private readonly NodeLease _lease;
    private readonly NodeHeartbeat _heartbeat;

    public SimulatedNode(World world, Machine machine)
    {
        (_world, Machine) = (world, machine);
        Link = new(world.Timeline, world.Random, machine, world.Store);
        Listening = new(world.Timeline, world.Random, machine, world.Store);
        _lease = new(machine, world.Store, Link);
        _heartbeat = new(_lease, new(_lease, world.Store, Link, _known, machine.Clock), machine.Clock, Link, Listening);
        var services = Compose();
        _host = services.GetRequiredService<ConnectionHost>();
        _connections = services.GetRequiredService<ConnectionRegistry>();
    }

    public Machine Machine { get; }

    public StoreLink Link { get; }

    public StoreListening Listening { get; }

    /// <summary>Whether it takes WebSockets.</summary>
    public bool IsOpen => !Machine.IsDead && !_lifetime.ApplicationStopping.IsCancellationRequested;

    public string Name => _lease.Name;

    /// <summary>The generation that its members belong to.</summary>
    public string Generation => _lease.Generation;

    public void Accept(WebSocket webSocket, string? userId) => _ = RunAsync(webSocket, userId);

    /// <summary>Ends it in order: its connections are told to go elsewhere.</summary>
    public void Stop()
    {
        _lifetime.StopApplication();
        var told = ToldAsync();
        Machine.After(Shutdown, () => _ = RetireAsync(told));
    }

    // As the product does: who was told to go elsewhere has had the grace since then.
    private async Task RetireAsync(Task<long> told)
    {
        var left = new MeshOptions().Grace - (told.IsCompletedSuccessfully ? Machine.Clock.GetElapsedTime(await told) : TimeSpan.Zero);
        await _heartbeat.StopAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        Machine.Kill();
        _world.Net.Break(Machine);
    }

    private async Task<long> ToldAsync()
    {
        while (_connections.All.Any(static it => it.IsOpen && !it.IsClosing)) await Task.Delay(Tick, Machine.Clock);
        return Machine.Clock.GetTimestamp();
    }

    private async Task RunAsync(WebSocket webSocket, string? userId)
    {
        try
        {
            await _host.RunAsync(WebSocketRequest.Create(webSocket, userId), static () => { });
        }
        catch (Exception failure)
        {
            _world.Ledger.Violate($"{Machine.Name} threw: {failure}");
        }
    }

    private ServiceProvider Compose()
    {
        var services = new ServiceCollection();
        services.AddSingleton(NoConfiguration);
        services.AddSingleton<TimeProvider>(Machine.Clock);
        services.AddSingleton<IMeterFactory, NoMeters>();
        services.AddSingleton<ILoggerFactory>(_world.NewLog(Machine));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<IHostApplicationLifetime>(_lifetime);
        services.AddSingleton<ConnectionIds>(new SeededIds(Machine.Clock, _world.Random));
        services.AddMesh().TrackPresence("*");
        services.AddSingleton<IRoomStore>(new NodeRoomStore(_world.Store, Link, Listening, _lease, _known, new(_world.Store, Link, _known), new()));
        services.AddSingleton<ISessionStore>(new NodeSessionStore(_world.Store, Link, Listening, _lease));
        services.AddSingleton<IBackplane>(new NodeBackplane(_world.Store, Link, Listening));
        return services.BuildServiceProvider();
    }
}
