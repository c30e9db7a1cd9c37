using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Faults;

/// <summary>The protocol as plain clients speak it. What is asked fails with a <see cref="MeshException"/> if it is refused, or the connection ends first.</summary>
internal sealed class PlainConnection : IAsyncDisposable
{
    private const string NoAnswer = "no answer";

    private readonly ClientWebSocket _webSocket = new() { Options = { KeepAliveInterval = TimeSpan.Zero } };
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _pending = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Action<JsonElement> _onUpdate;
    private Task _receiving = Task.CompletedTask;
    private volatile bool _hasEnded;
    private int _requests;

    private PlainConnection(Action<JsonElement> onUpdate) => _onUpdate = onUpdate;

    public Task Ended => _receiving;

    /// <param name="url">The server.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="onUpdate">Gets each <c>mesh/presence-update</c>.</param>
    public static async Task<PlainConnection> ConnectAsync(string url, TimeSpan limit, Action<JsonElement>? onUpdate = null)
    {
        var connection = new PlainConnection(onUpdate ?? (_ => { }));
        using var late = new CancellationTokenSource(limit);
        try
        {
            await connection._webSocket.ConnectAsync(new(url), late.Token);
        }
        catch (Exception failure) when (failure is WebSocketException or OperationCanceledException)
        {
            connection._webSocket.Dispose();
            throw new MeshException("ECLOSED", failure.Message);
        }
        connection._receiving = connection.ReceiveAsync();
        return connection;
    }

    public async Task<JsonElement> RequestAsync(string command, object payload, TimeSpan limit)
    {
        var id = Interlocked.Increment(ref _requests);
        var answer = _pending[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await SendAsync(new { id, command, payload });
            if (_hasEnded) throw Closed();
            return await answer.Task.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            throw new MeshException("ETIMEOUT", NoAnswer);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Says goodbye.</summary>
    /// <returns>Whether it was answered.</returns>
    public async Task<bool> CloseAsync(TimeSpan limit)
    {
        try
        {
            await _webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).WaitAsync(limit);
            await _receiving.WaitAsync(limit);
            return _webSocket.CloseStatus is not null;
        }
        catch (Exception unheard) when (unheard is WebSocketException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _webSocket.Abort();
        await _receiving;
        _webSocket.Dispose();
    }

    private async Task SendAsync(object frame)
    {
        await _sending.WaitAsync();
        try
        {
            await _webSocket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame, JsonSerializerOptions.Web), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            throw Closed();
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
            using var message = new MemoryStream();
            var buffer = new byte[8 * 1024];
            while (await _webSocket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: WebSocketMessageType.Text } part)
            {
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                using (var frame = JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length))) await TakeAsync(frame.RootElement);
                message.SetLength(0);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or OperationCanceledException or MeshException)
        {
            // That is an end too.
        }
        _hasEnded = true;
        foreach (var answer in _pending.Values) answer.TrySetException(Closed());
    }

    private async Task TakeAsync(JsonElement frame)
    {
        var payload = frame.GetProperty("payload");
        if (frame.TryGetProperty("id", out var id))
        {
            if (!_pending.TryGetValue(id.GetInt32(), out var answer)) return;
            if (ErrorPayload.Read(RawJson.FromElement(payload)) is { } error) answer.TrySetException(error);
            else answer.TrySetResult(payload.Clone());
            return;
        }
        switch (frame.GetProperty("command").GetString())
        {
            case CommandNames.Ping: await SendAsync(new { id = 0, command = CommandNames.Pong, payload = new { } }); break;
            case CommandNames.LatencyRequest: await SendAsync(new { id = 0, command = CommandNames.LatencyResponse, payload = new { } }); break;
            case CommandNames.PresenceUpdate: _onUpdate(payload); break;
        }
    }

    private static MeshException Closed() => new("ECLOSED", "The connection has ended.");
}
