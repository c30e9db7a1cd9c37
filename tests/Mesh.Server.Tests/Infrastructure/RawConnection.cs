using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Server.Tests;

/// <summary>A TCP connection that sends what no WebSocket client would.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _tcp = new();
    private readonly StringBuilder _received = new();

    private RawConnection()
    {
    }

    public static string Upgrade { get; } =
        $"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n\r\n";

    public static async Task<RawConnection> ConnectAsync(Uri server)
    {
        var connection = new RawConnection();
        await connection._tcp.ConnectAsync(server.Host, server.Port);
        return connection;
    }

    /// <summary>Sends the request to upgrade, and text messages in the same breath.</summary>
    public static async Task<RawConnection> UpgradeAsync(Uri server, params string[] messages)
    {
        var connection = await ConnectAsync(server);
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Upgrade), .. messages.SelectMany(it => Frame(0x81, Encoding.UTF8.GetBytes(it)))];
        await connection.SendAsync(bytes);
        return connection;
    }

    /// <summary>A masked frame of less than 64 KB; the mask is all zeros.</summary>
    public static byte[] Frame(byte first, byte[] payload) => payload.Length < 126
        ? [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]
        : [first, 0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];

    /// <summary>Sends; that the server has hung up already is no fault.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _tcp.GetStream().WriteAsync(bytes);
        }
        catch (Exception gone) when (gone is IOException or SocketException or InvalidOperationException)
        {
            // That is the answer.
        }
    }

    /// <summary>Reads until what was received is as wanted.</summary>
    public async Task UntilAsync(Predicate<string> wanted)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        var buffer = new byte[4096];
        while (!wanted(_received.ToString()))
        {
            var count = await _tcp.GetStream().ReadAsync(buffer, limit.Token);
            if (count == 0) throw new TimeoutException($"The server hung up. It had said:\n{_received}");
            _received.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
    }

    /// <summary>Reads until the server hangs up, and gives all it said.</summary>
    public async Task<string> UntilEndAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        var buffer = new byte[4096];
        try
        {
            while (await _tcp.GetStream().ReadAsync(buffer, limit.Token) is > 0 and var count) _received.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // Hung up on hard.
        }
        return _received.ToString();
    }

    /// <summary>Ends it with a reset.</summary>
    public void Reset()
    {
        _tcp.LingerState = new(true, 0);
        _tcp.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}
