using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Client.Tests;

/// <summary>A server of one connection, which it reads no more once the session is open.</summary>
internal sealed class DeafServer : IAsyncDisposable
{
    // What it takes from the network without reading is little.
    private const int ReceiveBytes = 4 * 1024;

    private static readonly byte[] Pong = [0x8A, 0];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient? _connection;
    private WebSocket? _webSocket;

    public DeafServer()
    {
        _listener.Server.ReceiveBufferSize = ReceiveBytes;
        _listener.Start();
    }

    public string Url => $"ws://{_listener.LocalEndpoint}/";

    /// <summary>Takes the connection, opens its session, and hears nothing any more.</summary>
    public async Task AcceptAsync()
    {
        _connection = await _listener.AcceptTcpClientAsync();
        var stream = _connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Accept(await ReadHeadAsync(stream))));
        _webSocket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        await _webSocket.ReceiveAsync(new byte[ReceiveBytes], CancellationToken.None);
        await _webSocket.SendAsync(
            """{"id":1,"command":"mesh/session","payload":{"connectionId":"deaf","resumed":false,"token":"token"}}"""u8.ToArray(),
            WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }

    public Task CloseAsync(int code) => _webSocket!.CloseOutputAsync((WebSocketCloseStatus)code, "", CancellationToken.None);

    /// <summary>Whether the client's end of the network connection is gone.</summary>
    public bool IsDeserted()
    {
        try
        {
            _connection!.GetStream().Write(Pong);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        _webSocket?.Dispose();
        _connection?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(next);
            head.Append((char)next[0]);
        }
        return head.ToString();
    }

    // RFC 6455, 4.2.2, which asks for SHA-1.
    private static string Accept(string head)
    {
        var key = head.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
        var accept = Convert.ToBase64String(CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        return $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";
    }
}
