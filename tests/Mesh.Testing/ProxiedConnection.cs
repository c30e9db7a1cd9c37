using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing;

/// <summary>One connection through a <see cref="TcpProxy"/>.</summary>
internal sealed class ProxiedConnection(TcpClient near, Func<TimeSpan> delay) : IDisposable
{
    private readonly TcpClient _far = new();
    private volatile bool _losesUpstream;
    private volatile bool _losesDownstream;

    /// <summary>From which the server sees it come.</summary>
    public int? UpstreamPort { get; private set; }

    private bool LosesAll => _losesUpstream && _losesDownstream;

    /// <summary>Passes on what comes, until both sides are done or one breaks.</summary>
    public async Task RunAsync(int upstream)
    {
        if (!LosesAll && !await ConnectAsync(upstream)) return;
        await Task.WhenAll(PassAsync(near, _far, () => _losesUpstream), PassAsync(_far, near, () => _losesDownstream));
        Dispose();
    }

    /// <summary>Whatever comes from that side is lost from now on, an end too.</summary>
    public void Lose(bool upstream, bool downstream)
    {
        _losesUpstream |= upstream;
        _losesDownstream |= downstream;
    }

    /// <summary>Ends it with a reset, as when the network goes away.</summary>
    public void Dispose()
    {
        Reset(near);
        Reset(_far);
    }

    private async Task<bool> ConnectAsync(int upstream)
    {
        try
        {
            await _far.ConnectAsync(IPAddress.Loopback, upstream);
            UpstreamPort = (_far.Client.LocalEndPoint as IPEndPoint)?.Port;
            return true;
        }
        catch (Exception refused) when (refused is SocketException or ObjectDisposedException)
        {
            Dispose();
            return false;
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, Func<bool> loses)
    {
        if (!from.Connected) return;
        try
        {
            var buffer = new byte[16 * 1024];
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                if (delay() is { Ticks: > 0 } wait) await Task.Delay(wait);
                if (!loses()) await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
            if (!loses()) to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            if (!loses()) Dispose();
        }
    }

    private static void Reset(TcpClient side)
    {
        try
        {
            if (side.Client is { } client) client.LingerState = new(enable: true, seconds: 0);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Over already.
        }
        side.Dispose();
    }
}
