using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Mesh.EndToEnd.Tests;

/// <summary>A connection to a <see cref="PlainServer"/>.</summary>
internal sealed class PlainConnection
{
    private readonly Channel<byte[]> _outbox = Channel.CreateBounded<byte[]>(1_000);
    private readonly WebSocket _webSocket;
    private readonly Action _abort;
    private readonly Task _writing;

    public PlainConnection(string id, WebSocket webSocket, Action abort)
    {
        (Id, _webSocket, _abort) = (id, webSocket, abort);
        _writing = WriteAsync();
    }

    public string Id { get; }

    public JsonNode? State { get; set; }

    public void Send(JsonObject frame) => _outbox.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(frame));

    /// <returns>Null at the end.</returns>
    public async Task<JsonObject?> ReadAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[4 * 1024];
        while (true)
        {
            var part = await _webSocket.ReceiveAsync(buffer, CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return null;
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return (JsonObject?)JsonNode.Parse(message.ToArray());
        }
    }

    /// <summary>Ends it without a farewell.</summary>
    public void Abort() => _abort();

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
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
