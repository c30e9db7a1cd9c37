using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Mesh.Testing;

/// <summary>A connection to a <see cref="PlainServer"/>.</summary>
internal sealed class PlainConnection
{
    private readonly Channel<byte[]> _outbox = Channel.CreateBounded<byte[]>(10_000);
    private readonly WebSocket _webSocket;
    private readonly Action _abort;
    private readonly Task _writing;

    public PlainConnection(string id, WebSocket webSocket, Action abort)
    {
        (Id, _webSocket, _abort) = (id, webSocket, abort);
        _writing = WriteAsync();
    }

    public string Id { get; }

    public JsonNode? Metadata { get; private set; }

    public JsonNode SetMetadata(JsonNode? metadata)
    {
        Metadata = metadata?.DeepClone();
        return new JsonObject { ["success"] = true };
    }

    public void Send(JsonObject frame) => _outbox.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(frame));

    /// <summary>Ends it without a farewell.</summary>
    public void Abort() => _abort();

    /// <summary>Reads until the end.</summary>
    public async Task ReadAsync(Action<string> received)
    {
        using var message = new MemoryStream();
        var buffer = new byte[4 * 1024];
        try
        {
            while (true)
            {
                var part = await _webSocket.ReceiveAsync(buffer, CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) return;
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                received(Encoding.UTF8.GetString(message.ToArray()));
                message.SetLength(0);
            }
        }
        catch (Exception dropped) when (dropped is WebSocketException or OperationCanceledException)
        {
            // That is an end too.
        }
    }

    public Task EndAsync()
    {
        _outbox.Writer.TryComplete();
        return _writing;
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var frame in _outbox.Reader.ReadAllAsync())
                await _webSocket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            await _webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
