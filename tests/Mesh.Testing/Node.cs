using System.Globalization;

namespace Mesh.Testing;

/// <summary>One of several servers that share a Redis, with a network between it and the clients, and one between it and Redis.</summary>
public sealed class Node : IAsyncDisposable
{
    private Node(string name, DemoServer server, TcpProxy clients, TcpProxy redis) => (Name, Server, Clients, Redis) = (name, server, clients, redis);

    public string Name { get; }

    public DemoServer Server { get; }

    public TcpProxy Clients { get; }

    public TcpProxy Redis { get; }

    /// <summary>Whether the process runs.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>Whether the load balancer sends anybody here.</summary>
    public bool IsInService { get; set; } = true;

    /// <param name="name">As people call it.</param>
    /// <param name="redis">That it shares with others.</param>
    /// <param name="options">As on the command line.</param>
    public static async Task<Node> StartAsync(string name, RunningRedis redis, params string[] options)
    {
        var toRedis = new TcpProxy(redis.Port);
        var server = await DemoServer.StartAsync([string.Create(CultureInfo.InvariantCulture, $"--Mesh:Redis=127.0.0.1:{toRedis.Port}"), .. options]);
        return new(name, server, new(server.Port), toRedis);
    }

    /// <summary>SIGKILL; the load balancer notices at once, by the resets.</summary>
    public Task KillAsync()
    {
        IsRunning = IsInService = false;
        return Server.KillAsync();
    }

    /// <summary>SIGTERM; the load balancer is told.</summary>
    public async Task TerminateAsync()
    {
        IsInService = false;
        try
        {
            await Server.TerminateAsync();
        }
        finally
        {
            IsRunning = false;
        }
    }

    public async Task StartAgainAsync()
    {
        await Server.StartAgainAsync();
        IsRunning = IsInService = true;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Clients.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
