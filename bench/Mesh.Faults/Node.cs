using System.Globalization;

namespace Mesh.Faults;

/// <summary>One server, with a network between it and the clients, and one between it and Redis.</summary>
internal sealed class Node : IAsyncDisposable
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

    public static async Task<Node> StartAsync(string name, RunningRedis redis, FaultsOptions options)
    {
        var toRedis = new TcpProxy(redis.Port);
        var server = await DemoServer.StartAtAsync(
            FreePort.Next(),
            string.Create(CultureInfo.InvariantCulture, $"--Mesh:Redis=127.0.0.1:{toRedis.Port}"),
            $"--Mesh:PingInterval={options.PingInterval:c}");
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
