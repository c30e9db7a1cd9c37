using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing;

/// <summary>A network between clients and a server, which can fail in all the ways that networks do.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly Func<int> _upstream;
    private readonly Task _accepting;
    private Mode _mode;
    private int _accepted;

    public TcpProxy(int upstream)
        : this(() => upstream)
    {
    }

    /// <param name="upstream">Asked for each new connection where it is to go, as a load balancer is that knows which servers are up.</param>
    public TcpProxy(Func<int> upstream)
    {
        _upstream = upstream;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    private enum Mode
    {
        Forward,
        BlackHole,
        LoseUpstream,
        LoseDownstream,
        Refuse,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>As pages see it.</summary>
    public string Origin => $"http://127.0.0.1:{Port}";

    /// <summary>As clients connect to it.</summary>
    public string Url => $"ws://127.0.0.1:{Port}";

    /// <summary>How many connections were asked for so far, refused ones too.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>How long everything takes, each way. Default: no time.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>New connections work from now on. What a black hole swallowed does not come back.</summary>
    public void Forward() => Set(Mode.Forward);

    /// <summary>New connections are reset from now on; those that stand are left alone.</summary>
    public void Refuse() => Set(Mode.Refuse);

    /// <summary>Resets all connections.</summary>
    public void Drop()
    {
        foreach (var connection in Connections) connection.Dispose();
    }

    /// <summary>Nothing gets through any more, and nobody is told: all connections stay open, and new ones open too.</summary>
    public void BlackHole() => Lose(Mode.BlackHole);

    /// <summary>The same for what clients send only: what the server says still arrives.</summary>
    public void LoseUpstream() => Lose(Mode.LoseUpstream);

    /// <summary>The same for what the server says only: what clients send still arrives.</summary>
    public void LoseDownstream() => Lose(Mode.LoseDownstream);

    /// <summary>What the server sends on one connection is lost from now on, an end too; what it is sent still arrives.</summary>
    /// <param name="port">From which the server sees it come.</param>
    public void Mute(int port)
    {
        foreach (var connection in Connections)
            if (connection.UpstreamPort == port) connection.Lose(upstream: false, downstream: true);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Drop();
    }

    private ProxiedConnection[] Connections
    {
        get { lock (_gate) return [.. _connections]; }
    }

    private void Set(Mode mode)
    {
        lock (_gate) _mode = mode;
    }

    private void Lose(Mode mode)
    {
        Set(mode);
        foreach (var connection in Connections) Lose(connection, mode);
    }

    private static void Lose(ProxiedConnection connection, Mode mode) =>
        connection.Lose(upstream: mode is Mode.BlackHole or Mode.LoseUpstream, downstream: mode is Mode.BlackHole or Mode.LoseDownstream);

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient near;
            try
            {
                near = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception ended) when (ended is SocketException or InvalidOperationException)
            {
                return;
            }
            Interlocked.Increment(ref _accepted);
            var connection = new ProxiedConnection(near, () => Delay);
            lock (_gate)
            {
                _connections.Add(connection);
                Lose(connection, _mode);
                if (_mode == Mode.Refuse) connection.Dispose();
            }
            _ = RunAsync(connection);
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await connection.RunAsync(_upstream());
        lock (_gate) _connections.Remove(connection);
    }
}
