using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Mesh.Server.Tests;

/// <summary>A client of the wire protocol that knows nothing: it sends what it is told and records every frame.</summary>
internal sealed class PlainClient : IAsyncDisposable
{
    private readonly ClientWebSocket _webSocket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _gate = new();
    private readonly List<Frame> _frames = [];
    private readonly TaskCompletionSource<int> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _mayRead = Completed();
    private Task _reading = Task.CompletedTask;
    private int _lastId;

    private PlainClient()
    {
    }

    /// <summary>The id of the connection, from <c>mesh/assign-id</c> or the response to <c>mesh/session</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>True if pings and latency requests are answered, as they are by a live client. Default: true.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>All frames so far, in order.</summary>
    public IReadOnlyList<Frame> Frames
    {
        get { lock (_gate) return [.. _frames]; }
    }

    /// <summary>The events so far but those of liveness and <c>mesh/assign-id</c>, in order.</summary>
    public IReadOnlyList<Frame> Events =>
        [.. Frames.Where(it => it.Id is null && it.Command is not ("mesh/assign-id" or "ping" or "latency" or "latency:request"))];

    /// <summary>The close code, once closed; 1006 after a drop.</summary>
    public Task<int> Closed => _closed.Task.WaitAsync(Wait.Limit);

    public bool IsClosed => _closed.Task.IsCompleted;

    public string? CloseReason => _webSocket.CloseStatusDescription;

    /// <summary>Connects and waits for the id.</summary>
    public static async Task<PlainClient> ConnectAsync(Uri address, Action<ClientWebSocketOptions>? configure = null)
    {
        var client = new PlainClient();
        client._webSocket.Options.KeepAliveInterval = TimeSpan.Zero;
        configure?.Invoke(client._webSocket.Options);
        try
        {
            using var limit = new CancellationTokenSource(Wait.Limit);
            await client._webSocket.ConnectAsync(address, limit.Token);
        }
        catch
        {
            client._webSocket.Dispose();
            client._sending.Dispose();
            throw;
        }
        client._reading = client.ReadAsync();
        client.Id = (await client.WaitForAsync(it => it.Command == "mesh/assign-id")).Payload.GetString()!;
        return client;
    }

    /// <summary>The first frame of that kind, past or to come.</summary>
    public async Task<Frame> WaitForAsync(Func<Frame, bool> wanted)
    {
        Frame? found = null;
        await UntilAsync(() => (found = Frames.FirstOrDefault(wanted)) is not null);
        return found!;
    }

    /// <summary>Waits until the frames are so.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_gate) changed = _changed.Task;
            if (condition()) return;
            var left = Wait.Limit - TimeProvider.System.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || IsClosed)
                throw new TimeoutException($"It never came{(IsClosed ? $", and the connection ended with {_closed.Task.Result}" : "")}. Frames:\n{string.Join('\n', Frames.TakeLast(30).Select(it => it.Text[..Math.Min(500, it.Text.Length)]))}");
            await Task.WhenAny(changed, _closed.Task, Task.Delay(left));
        }
    }

    /// <summary>Sends a command and waits for the response's payload.</summary>
    public async Task<JsonElement> RequestAsync(string command, string payload = "{}") => (await RespondAsync(command, payload)).Payload;

    /// <summary>Sends a command and waits for the whole response.</summary>
    public async Task<Frame> RespondAsync(string command, string? payload)
    {
        var id = await SendAsync(command, payload);
        return await ResponseAsync(id);
    }

    /// <summary>The response to the request of that id.</summary>
    public Task<Frame> ResponseAsync(string id) => WaitForAsync(it => it.Id == id);

    /// <summary>Sends a command and does not wait.</summary>
    /// <returns>The request's id.</returns>
    public async Task<string> SendAsync(string command, string? payload = "{}")
    {
        var id = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        await SendTextAsync($"{{\"id\":{id},\"command\":{Json.Quote(command)}{(payload is null ? "" : ",\"payload\":" + payload)}}}");
        return id;
    }

    public Task SendTextAsync(string text) => SendBytesAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool endOfMessage = true)
    {
        await _sending.WaitAsync();
        try
        {
            await _webSocket.SendAsync(bytes, type, endOfMessage, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The code of the error that answers a command.</summary>
    public async Task<string?> ErrorOfAsync(string command, string? payload = "{}")
    {
        var answer = await RespondAsync(command, payload);
        return answer.Root.TryGetProperty("payload", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var code)
            ? code.GetString()
            : null;
    }

    /// <summary>Waits for the answer to a command: all that was queued for this client before it has arrived then.</summary>
    public async Task FenceAsync() => (await RequestAsync("mesh/noop")).ValueKind.ShouldBe(JsonValueKind.True);

    /// <summary>Asserts the events so far, all of them and in order.</summary>
    public async Task ShouldHaveEventsAsync(params string[] expected)
    {
        await FenceAsync();
        var events = Events;
        for (var at = 0; at < Math.Min(events.Count, expected.Length); at++) events[at].Root.ShouldBe(expected[at]);
        events.Count.ShouldBe(expected.Length, string.Join('\n', events));
    }

    public void Forget()
    {
        lock (_gate) _frames.RemoveAll(it => it.Command != "mesh/assign-id");
    }

    /// <summary>Reads nothing more, as a client whose network or event loop is stuck.</summary>
    public void StopReading() => _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReadOn() => _mayRead.TrySetResult();

    /// <summary>Ends the TCP connection without a word.</summary>
    public void Drop() => _webSocket.Abort();

    /// <summary>Says goodbye with that code, and waits until it is over.</summary>
    public async Task CloseAsync(int code = 1000)
    {
        await _sending.WaitAsync();
        try
        {
            await _webSocket.CloseOutputAsync((WebSocketCloseStatus)code, "", CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
        await Closed;
    }

    public async ValueTask DisposeAsync()
    {
        ReadOn();
        _webSocket.Abort();
        await _reading;
        _webSocket.Dispose();
        _sending.Dispose();
    }

    private async Task ReadAsync()
    {
        var code = 1006;
        try
        {
            while (await ReadMessageAsync() is { } text)
            {
                var frame = new Frame(text);
                Add(frame);
                if (Answers && frame.Id is null && frame.Command == "ping") await SendAsync("pong");
                if (Answers && frame.Id is null && frame.Command == "latency:request") await SendAsync("latency:response");
            }
            code = (int)(_webSocket.CloseStatus ?? WebSocketCloseStatus.Empty);
            // Before the reply, which waits for the server to hang up.
            _closed.TrySetResult(code);
            if (_webSocket.State == WebSocketState.CloseReceived) await _webSocket.CloseOutputAsync(_webSocket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            if (_webSocket.CloseStatus is { } status) code = (int)status;
        }
        _closed.TrySetResult(code);
        Add(null);
    }

    private void Add(Frame? frame)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (frame is not null) _frames.Add(frame);
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.TrySetResult();
    }

    private async Task<string?> ReadMessageAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            await _mayRead.Task;
            var part = await _webSocket.ReceiveAsync(buffer, CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return null;
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
