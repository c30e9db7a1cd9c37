using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>One WebSocket with its two loops. What the messages mean it does not know.</summary>
internal sealed class Transport(Dialer dialer, ITransportOwner owner, ILogger log)
{
    /// <summary>The code of a connection that ended without a close frame.</summary>
    public const int Dropped = 1006;

    private const int MostWaiting = 4096;
    private const int UsualBytes = 4 * 1024;
    private const int MostBytes = 256 * 1024 * 1024;

    private readonly Channel<byte[]> _outbox = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Lock _lock = new();
    private CancellationTokenSource? _connecting;
    private Task _cancelling = Task.CompletedTask;
    private WebSocket? _webSocket;
    private bool _isAborted;
    private (int Code, string Reason)? _farewell;

    /// <summary>Connects, and runs until it is over.</summary>
    public async Task RunAsync()
    {
        // Nothing of the application's runs within the call, which may be made with a lock held.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var connecting = new CancellationTokenSource();
        try
        {
            if (!TryBegin(connecting)) return;
            using var webSocket = await dialer.ConnectAsync(connecting.Token).ConfigureAwait(false);
            if (!TryKeep(webSocket)) return;
            owner.Opened();
            var sending = SendAsync(webSocket);
            var (code, reason) = await ReceiveAsync(webSocket).ConfigureAwait(false);
            owner.Ended(code, reason);
            Close(code == Dropped ? CloseCodes.Normal : code, "");
            await sending.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Most are the network's, or of what the application has to say about the request.
            if (!IsUsual(failure)) log.TransportFailed(failure);
            owner.Ended(Dropped, failure.Message);
        }
        finally
        {
            Abort();
            await _cancelling.ConfigureAwait(false);
            owner.Ended(Dropped, "");
        }
    }

    /// <summary>Queues a message. False if it is closing, or the queue is full.</summary>
    public bool TrySend(byte[] message) => _outbox.Writer.TryWrite(message);

    /// <summary>Says goodbye once what is queued was sent, and reads on until the server has answered.</summary>
    public void Close(int code, string reason)
    {
        lock (_lock) _farewell ??= (code, reason);
        _outbox.Writer.TryComplete();
    }

    /// <summary>Ends it without a word.</summary>
    public void Abort()
    {
        WebSocket? webSocket;
        lock (_lock)
        {
            if (_isAborted) return;
            _isAborted = true;
            webSocket = _webSocket;
            // Elsewhere, since it runs what the application has hung on the token.
            if (_connecting is not null) _cancelling = _connecting.CancelAsync();
        }
        webSocket?.Abort();
        _outbox.Writer.TryComplete();
    }

    private bool TryBegin(CancellationTokenSource connecting)
    {
        lock (_lock)
        {
            _connecting = connecting;
            return !_isAborted;
        }
    }

    private bool TryKeep(WebSocket webSocket)
    {
        lock (_lock)
        {
            _webSocket = webSocket;
            return !_isAborted;
        }
    }

    private async Task SendAsync(WebSocket webSocket)
    {
        try
        {
            await foreach (var message in _outbox.Reader.ReadAllAsync().ConfigureAwait(false))
                await webSocket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).ConfigureAwait(false);
            (int Code, string Reason)? farewell;
            lock (_lock) farewell = _farewell;
            if (farewell is { } last && webSocket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await webSocket.CloseOutputAsync((WebSocketCloseStatus)last.Code, last.Reason, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (IsUsual(gone))
        {
            // The reading loop is to find out too.
            webSocket.Abort();
        }
    }

    private async Task<(int Code, string Reason)> ReceiveAsync(WebSocket webSocket)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(UsualBytes);
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == buffer.Length) buffer = Grow(buffer);
                    part = await webSocket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
                    if (part.MessageType == WebSocketMessageType.Close) return CloseOf(webSocket);
                    length += part.Count;
                    if (length > MostBytes) return (CloseCodes.TooBig, "message too big");
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Text) owner.Received(buffer.AsMemory(0, length));
                if (buffer.Length > UsualBytes * 16) buffer = Replace(buffer, UsualBytes);
            }
        }
        catch (Exception gone) when (IsUsual(gone))
        {
            return (Dropped, gone.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static (int Code, string Reason) CloseOf(WebSocket webSocket) =>
        (webSocket.CloseStatus is null or WebSocketCloseStatus.Empty ? CloseCodes.Normal : (int)webSocket.CloseStatus, webSocket.CloseStatusDescription ?? "");

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    private static byte[] Replace(byte[] large, int bytes)
    {
        ArrayPool<byte>.Shared.Return(large);
        return ArrayPool<byte>.Shared.Rent(bytes);
    }

    private static bool IsUsual(Exception failure) =>
        failure is WebSocketException or OperationCanceledException or IOException or InvalidOperationException or HttpRequestException;
}
