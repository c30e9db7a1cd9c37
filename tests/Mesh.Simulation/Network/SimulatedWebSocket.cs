using System.Net.WebSockets;

namespace Mesh.Simulation;

/// <summary>One end of a wire, as the product has it: it behaves as the system's WebSockets do.</summary>
internal sealed class SimulatedWebSocket(Wire wire, Machine machine) : WebSocket
{
    private readonly Queue<Piece> _inbox = new();
    private TaskCompletionSource<ValueWebSocketReceiveResult>? _receiving;
    private Memory<byte> _buffer;
    private CancellationToken _watched;
    private Piece? _current;
    private int _taken;
    private WebSocketState _state = WebSocketState.Open;
    private WebSocketCloseStatus? _closeStatus;
    private string? _closeReason;
    private bool _isLost;

    public override WebSocketState State => _state;

    public override WebSocketCloseStatus? CloseStatus => _closeStatus;

    public override string? CloseStatusDescription => _closeReason;

    public override string? SubProtocol => null;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowUnlessOpen(WebSocketState.Open, WebSocketState.CloseReceived);
        wire.Send(this, new(buffer.ToArray(), endOfMessage));
        return ValueTask.CompletedTask;
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowUnlessOpen(WebSocketState.Open, WebSocketState.CloseSent);
        if (_receiving is not null) throw new InvalidOperationException("One at a time.");
        if (cancellationToken.CanBeCanceled && cancellationToken != _watched)
        {
            _watched = cancellationToken;
            cancellationToken.UnsafeRegister(static it => ((SimulatedWebSocket)it!).Abort(), this);
        }
        if (TryTake(buffer.Span, out var result)) return new(result);
        if (_isLost) throw Lost();
        _buffer = buffer;
        _receiving = new();
        return new(_receiving.Task);
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await ReceiveAsync(buffer.AsMemory(), cancellationToken);
        return new(result.Count, result.MessageType, result.EndOfMessage, _closeStatus, _closeReason);
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowUnlessOpen(WebSocketState.Open, WebSocketState.CloseReceived);
        _state = _state == WebSocketState.Open ? WebSocketState.CloseSent : WebSocketState.Closed;
        wire.Send(this, new([], true) { Close = closeStatus, Reason = statusDescription });
        return Task.CompletedTask;
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override void Abort()
    {
        if (_state is WebSocketState.Aborted or WebSocketState.Closed) return;
        _state = WebSocketState.Aborted;
        _inbox.Clear();
        wire.End(this);
        Complete(new OperationCanceledException("The WebSocket was aborted."));
    }

    public override void Dispose()
    {
        if (_state is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            Abort();
            return;
        }
        // The goodbye is still on its way, and the end after it.
        if (_state == WebSocketState.CloseSent) wire.Send(this, Piece.Nothing);
        _state = WebSocketState.Closed;
    }

    /// <summary>Something has arrived.</summary>
    public void Take(Piece piece)
    {
        if (_state == WebSocketState.Aborted || machine.IsDead) return;
        if (ReferenceEquals(piece, Piece.Nothing))
        {
            Fail();
            return;
        }
        _inbox.Enqueue(piece);
        if (_receiving is not { } receiving || !TryTake(_buffer.Span, out var result)) return;
        _receiving = null;
        receiving.SetResult(result);
    }

    /// <summary>The wire is lost. What has arrived before can still be read.</summary>
    public void Fail()
    {
        if (_state is WebSocketState.Aborted or WebSocketState.Closed || _isLost) return;
        _isLost = true;
        if (_receiving is not null) Complete(Lost());
    }

    private void Complete(Exception failure)
    {
        var receiving = _receiving;
        _receiving = null;
        receiving?.SetException(failure);
    }

    private WebSocketException Lost()
    {
        _state = WebSocketState.Aborted;
        return new(WebSocketError.ConnectionClosedPrematurely);
    }

    private bool TryTake(Span<byte> buffer, out ValueWebSocketReceiveResult result)
    {
        result = default;
        if (_current is null && !_inbox.TryDequeue(out _current)) return false;
        if (_current.Close is { } code)
        {
            _state = _state == WebSocketState.Open ? WebSocketState.CloseReceived : WebSocketState.Closed;
            (_closeStatus, _closeReason) = (code, _current.Reason);
            _current = null;
            result = new(0, WebSocketMessageType.Close, true);
            return true;
        }
        var rest = _current.Bytes.AsSpan(_taken);
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        _taken += count;
        var isWhole = _taken == _current.Bytes.Length;
        result = new(count, WebSocketMessageType.Text, isWhole && _current.IsLast);
        if (!isWhole) return true;
        _current = null;
        _taken = 0;
        return true;
    }

    private void ThrowUnlessOpen(WebSocketState open, WebSocketState orElse)
    {
        if (_state == WebSocketState.Aborted) throw new WebSocketException(WebSocketError.InvalidState);
        if (_state != open && _state != orElse) throw new WebSocketException(WebSocketError.InvalidState);
        if (_isLost && open == WebSocketState.Open && orElse == WebSocketState.CloseReceived && _inbox.Count == 0) throw Lost();
    }
}
