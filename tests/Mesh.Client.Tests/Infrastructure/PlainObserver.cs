using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Mesh.Client.Tests;

/// <summary>A plain client that subscribes to one room and writes down what it is told: <c>join c1</c>, <c>state c1 {…}</c>, <c>leave c1</c>.</summary>
internal sealed class PlainObserver : IAsyncDisposable
{
    private readonly ClientWebSocket _webSocket = new();
    private readonly ConcurrentQueue<string> _updates = [];
    private Task _reading = Task.CompletedTask;

    private PlainObserver()
    {
    }

    public IReadOnlyList<string> Updates => [.. _updates];

    public static async Task<PlainObserver> WatchAsync(string url, string room)
    {
        var observer = new PlainObserver();
        await observer._webSocket.ConnectAsync(new(url), CancellationToken.None);
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        observer._reading = observer.ReadAsync(subscribed);
        await observer.SendAsync($$$"""{"id":1,"command":"mesh/subscribe-presence","payload":{"roomName":"{{{room}}}"}}""");
        await subscribed.Task.InTimeAsync();
        return observer;
    }

    public async ValueTask DisposeAsync()
    {
        _webSocket.Abort();
        await _reading;
        _webSocket.Dispose();
    }

    private async Task SendAsync(string frame) =>
        await _webSocket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private async Task ReadAsync(TaskCompletionSource subscribed)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _webSocket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close) return;
                var frame = JsonElement.Parse(buffer.AsSpan(0, length));
                Take(frame, subscribed);
                if (frame.GetProperty("command").GetString() == "ping") await SendAsync("""{"id":2,"command":"pong","payload":{}}""");
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody is interested any more.
        }
    }

    private void Take(JsonElement frame, TaskCompletionSource subscribed)
    {
        if (frame.TryGetProperty("id", out _)) subscribed.TrySetResult();
        if (frame.GetProperty("command").GetString() != "mesh/presence-update") return;
        var update = frame.GetProperty("payload");
        var state = update.TryGetProperty("state", out var value) ? " " + value.GetRawText() : "";
        _updates.Enqueue($"{update.GetProperty("type").GetString()} {update.GetProperty("connectionId").GetString()}{state}");
    }
}
