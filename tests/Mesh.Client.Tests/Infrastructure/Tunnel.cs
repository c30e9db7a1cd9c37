using System.Net;
using System.Net.Sockets;

namespace Mesh.Client.Tests;

/// <summary>A proxy as programs find it in their environment, which leads to one server, whatever address they ask for.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly Task _accepting;

    public Tunnel(int port)
    {
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>The first line of each request.</summary>
    public List<string> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = RunAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(TcpClient near)
    {
        using var far = new TcpClient();
        using (near)
        {
            var stream = near.GetStream();
            var request = await ReadHeadAsync(stream);
            lock (Requests) Requests.Add(request);
            await far.ConnectAsync(IPAddress.Loopback, _port);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
            await Task.WhenAll(PassAsync(near, far), PassAsync(far, near));
        }
    }

    // Nothing follows the head before it is answered.
    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var first = await reader.ReadLineAsync() ?? "";
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
            // Whatever else it says.
        }
        return first;
    }

    private static async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException)
        {
            // The other side will hear of it.
        }
    }
}
