using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.EndToEnd.Tests;

/// <summary>A client that speaks the wire protocol of existing clients and nothing else, and records every frame.</summary>
public sealed class PlainClient : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly ClientWebSocket _webSocket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly List<ReceivedFrame> _frames = [];
    private readonly Pulse _received = new();
    private Task _reading = Task.CompletedTask;
    private volatile string? _end;
    private int _lastId;

    private PlainClient()
    {
    }

    public string ConnectionId { get; private set; } = "";

    /// <summary>All frames so far, in order.</summary>
    public IReadOnlyList<ReceivedFrame> Frames
    {
        get { lock (_frames) return [.. _frames]; }
    }

    public static async Task<PlainClient> ConnectAsync(int port)
    {
        var client = new PlainClient();
        await client._webSocket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/"), CancellationToken.None);
        client._reading = client.ReadAsync();
        var assigned = await client.WaitForAsync(frame => frame.Command == "mesh/assign-id");
        client.ConnectionId = assigned.Payload.GetString()!;
        return client;
    }

    /// <summary>Sends a command and waits for its result.</summary>
    public async Task<JsonElement> RequestAsync(string command, object payload)
    {
        var id = Interlocked.Increment(ref _lastId);
        await SendAsync(new { id, command, payload });
        return (await WaitForAsync(frame => frame.Id == id)).Payload;
    }

    /// <summary>Joins a room, and publishes a state there.</summary>
    public async Task PublishAsync(string roomName, object state, long? expireAfter = null)
    {
        await RequestAsync("mesh/join-room", new { roomName });
        (await RequestAsync("mesh/publish-presence-state", new { roomName, state, expireAfter })).ValueKind.ShouldBe(JsonValueKind.True);
    }

    /// <summary>The first frame of that kind, past or to come.</summary>
    public async Task<ReceivedFrame> WaitForAsync(Func<ReceivedFrame, bool> wanted)
    {
        ReceivedFrame? found = null;
        await WaitAsync(() => (found = Frames.FirstOrDefault(wanted)) is not null, () => $"It did not come:\n{string.Join('\n', Frames)}");
        return found!;
    }

    /// <summary>Waits until a condition on the frames holds.</summary>
    public Task WaitAsync(Func<bool> condition, Func<string> describe) => _received.WaitAsync(
        () => condition() || (_end is null ? false : throw new InvalidOperationException($"The plain connection ended: {_end}\n{describe()}")), describe);

    public async ValueTask DisposeAsync()
    {
        _webSocket.Abort();
        await _reading;
        _webSocket.Dispose();
        _sending.Dispose();
    }

    private async Task SendAsync(object frame)
    {
        await _sending.WaitAsync();
        try
        {
            await _webSocket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame, Json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        string end;
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            while (await ReadMessageAsync() is { } text)
            {
                var frame = new ReceivedFrame(TimeProvider.System.GetElapsedTime(started), JsonElement.Parse(text));
                lock (_frames) _frames.Add(frame);
                if (frame.Command == "ping") await SendAsync(new { id = -1, command = "pong", payload = new { } });
                if (frame.Command == "latency:request") await SendAsync(new { id = -1, command = "latency:response", payload = new { } });
                _received.Beat();
            }
            end = $"{(int?)_webSocket.CloseStatus} {_webSocket.CloseStatusDescription}";
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            end = ended.Message;
        }
        _end = end;
        _received.Beat();
    }

    private async Task<string?> ReadMessageAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await _webSocket.ReceiveAsync(buffer, CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return null;
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
        }
    }
}
