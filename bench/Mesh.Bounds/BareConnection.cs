using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Bounds;

/// <summary>
/// The protocol by hand: for plain clients, for what a page does (a close with 1001, a reload), and for receivers that cost
/// next to nothing, of which one machine can hold a thousand.
/// </summary>
internal sealed class BareConnection : IAsyncDisposable
{
    private const int UsualBytes = 2 * 1024;

    private readonly TaskCompletionSource<(int Code, long At)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClientWebSocket _webSocket = new() { Options = { KeepAliveInterval = TimeSpan.Zero } };
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _pending = [];
    private readonly TaskCompletionSource<string> _assigned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Action<JsonElement, long>? _onDiff;
    private Task _receiving = Task.CompletedTask;
    private byte[] _buffer = new byte[UsualBytes];
    private int _requests;

    private BareConnection(Action<JsonElement, long>? onDiff) => _onDiff = onDiff;

    public string ConnectionId { get; private set; } = "";

    public string Token { get; private set; } = "";

    /// <summary>The server's close code, and when it had arrived; 0 if the connection ended without one.</summary>
    public Task<(int Code, long At)> Closed => _closed.Task;

    /// <param name="port">The server's, or that of a proxy before it.</param>
    /// <param name="onDiff">Gets each diff's payload, and when the frame had arrived.</param>
    /// <param name="cookie">That of somebody who has signed in.</param>
    public static async Task<BareConnection> ConnectAsync(int port, Action<JsonElement, long>? onDiff = null, string? cookie = null)
    {
        var connection = new BareConnection(onDiff);
        if (cookie is not null) connection._webSocket.Options.SetRequestHeader("Cookie", cookie);
        await connection._webSocket.ConnectAsync(new($"ws://127.0.0.1:{port}/"), CancellationToken.None);
        connection._receiving = connection.ReceiveAsync();
        connection.ConnectionId = await connection._assigned.Task.WaitAsync(Patience.Limit);
        return connection;
    }

    /// <returns>Whether it is the connection that the token was given to.</returns>
    public async Task<bool> OpenSessionAsync(string? resume = null)
    {
        var session = await RequestAsync(CommandNames.Session, new { resume });
        ConnectionId = session.GetProperty("connectionId").GetString()!;
        Token = session.GetProperty("token").GetString()!;
        return session.GetProperty("resumed").GetBoolean();
    }

    /// <summary>Enters a room, with a state unless it has none to give.</summary>
    public async Task EnterAsync(string room, State? state = null)
    {
        object entry = state is null ? new { roomName = room } : new { roomName = room, publish = new { state } };
        var answer = await RequestAsync(CommandNames.Enter, new { rooms = new[] { entry } });
        if (!answer.GetProperty("rooms")[0].GetProperty("success").GetBoolean()) throw new InvalidOperationException($"Not entered: {answer}");
    }

    /// <summary>Publishes a state of whatever shape.</summary>
    public Task PublishAsync(string room, object state) => RequestAsync(CommandNames.Publish, new { roomName = room, state });

    /// <summary>Joins and publishes as a client does that knows no sessions.</summary>
    public async Task JoinPlainAsync(string room, State state)
    {
        await RequestAsync(CommandNames.JoinRoom, new { roomName = room });
        await RequestAsync(CommandNames.PublishPresenceState, new { roomName = room, state });
    }

    /// <summary>Says goodbye with this code.</summary>
    public Task CloseAsync(int code) => _webSocket.CloseOutputAsync((WebSocketCloseStatus)code, "", CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _webSocket.Abort();
        await _receiving;
        _webSocket.Dispose();
        _sending.Dispose();
    }

    private async Task<JsonElement> RequestAsync(string command, object payload)
    {
        var id = Interlocked.Increment(ref _requests);
        var answer = _pending[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync(new { id, command, payload });
        return await answer.Task.WaitAsync(Patience.Limit);
    }

    private async Task SendAsync(object frame)
    {
        await _sending.WaitAsync();
        try
        {
            await _webSocket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame, JsonSerializerOptions.Web), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await ReadAsync() is { IsEmpty: false } message)
            {
                var at = Stopwatch.GetTimestamp();
                using (var frame = JsonDocument.Parse(message)) await TakeAsync(frame.RootElement, at);
                // The snapshot of a big room is not what comes next.
                if (_buffer.Length > UsualBytes) _buffer = new byte[UsualBytes];
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Dropped, by this side or the other.
        }
        _closed.TrySetResult(((int?)_webSocket.CloseStatus ?? 0, Stopwatch.GetTimestamp()));
        foreach (var answer in _pending.Values) answer.TrySetException(new IOException("The connection ended."));
    }

    /// <returns>Nothing at the end.</returns>
    private async Task<ReadOnlyMemory<byte>> ReadAsync()
    {
        for (var length = 0; ;)
        {
            if (length == _buffer.Length) Array.Resize(ref _buffer, 2 * length);
            var part = await _webSocket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return default;
            length += part.Count;
            if (part.EndOfMessage) return _buffer.AsMemory(0, length);
        }
    }

    private async Task TakeAsync(JsonElement frame, long at)
    {
        if (frame.TryGetProperty("id", out var id))
        {
            if (!_pending.TryRemove(id.GetInt32(), out var answer)) return;
            var payload = frame.GetProperty("payload");
            if (payload.ValueKind == JsonValueKind.Object && payload.TryGetProperty("error", out var error) && payload.TryGetProperty("code", out _))
                answer.TrySetException(new InvalidOperationException(error.GetString()));
            else
                answer.TrySetResult(payload.Clone());
            return;
        }
        switch (frame.GetProperty("command").GetString())
        {
            case CommandNames.PresenceDiff:
                _onDiff?.Invoke(frame.GetProperty("payload"), at);
                break;
            case CommandNames.AssignId:
                _assigned.TrySetResult(frame.GetProperty("payload").GetString()!);
                break;
            case CommandNames.Ping:
                await SendAsync(new { command = CommandNames.Pong });
                break;
            case CommandNames.LatencyRequest:
                await SendAsync(new { command = CommandNames.LatencyResponse });
                break;
        }
    }
}
