using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Mesh.Fuzz;

/// <summary>One WebSocket at the server under test, and what came back over it.</summary>
internal sealed class Visitor(FuzzedServer server, string? userId)
{
    private static readonly byte[] PongMessage = """{"command":"pong","payload":{}}"""u8.ToArray();

    private readonly Wire _wire = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly MemoryStream _message = new();
    private byte[] _unread = [];
    private Task _serving = Task.CompletedTask;
    private bool _isEnded;
    private bool _hasClosed;
    private bool _isPlain = true;
    private int _unanswered;

    /// <summary>Whether the server is done with it.</summary>
    public bool IsOver => _serving.IsCompleted;

    /// <summary>What the server's own code threw into the web server.</summary>
    public Exception? Failure => _serving.Exception;

    /// <summary>The close code that the server sent.</summary>
    public int? CloseCode { get; private set; }

    /// <summary>Whether the server still has to answer. Of those who sent more than whole texts nobody knows.</summary>
    public bool IsOwedAnswers => _unanswered != 0 && _isPlain && CloseCode is null && !_isEnded && !IsOver;

    public string ConnectionId { get; private set; } = "";

    public void Open() => _serving = server.RunAsync(WebSocketRequest.Create(_wire, _aborted, userId));

    public void SendText(byte[] text)
    {
        if (InboundFrame.Parse(text).Kind is FrameKind.Request or FrameKind.Invalid) _unanswered++;
        Write(WebSocketFrames.Write(Opcode.Text, text));
    }

    public void SendText(string text) => SendText(Encoding.UTF8.GetBytes(text));

    public void Send(Opcode opcode, ReadOnlySpan<byte> payload, bool isFinal = true) => SendRaw(WebSocketFrames.Write(opcode, payload, isFinal));

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        _isPlain = false;
        Write(bytes);
    }

    public void Close(int code)
    {
        Span<byte> payload = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Send(Opcode.Close, code == 0 ? default : payload);
        _hasClosed = true;
    }

    /// <summary>The wire is gone, as a web server tells it.</summary>
    public void Drop()
    {
        if (_isEnded) return;
        _isEnded = true;
        _wire.End();
        _aborted.Cancel();
    }

    /// <summary>The messages that have come since. A ping is answered if asked for, a close frame always.</summary>
    public List<byte[]> Take(bool answersPings = false)
    {
        List<byte[]> messages = [];
        _unread = [.. _unread, .. _wire.TakeSent()];
        var at = 0;
        while (WebSocketFrames.TryRead(_unread.AsSpan(at), out var opcode, out var isFinal, out var payload))
        {
            var bytes = _unread.AsSpan(at)[payload];
            at += payload.End.Value;
            if (opcode == Opcode.Close) TakeClose(bytes);
            if (opcode is not (Opcode.Text or Opcode.Continuation)) continue;
            _message.Write(bytes);
            if (!isFinal) continue;
            messages.Add(_message.ToArray());
            _message.SetLength(0);
        }
        _unread = _unread[at..];
        foreach (var message in messages) Look(message, answersPings);
        return messages;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (!_isEnded) _wire.Send(bytes);
    }

    private void TakeClose(ReadOnlySpan<byte> payload)
    {
        CloseCode = payload.Length >= sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 0;
        if (!_hasClosed) Close(CloseCodes.Normal);
    }

    private void Look(byte[] message, bool answersPings)
    {
        if (message.AsSpan().StartsWith("""{"command":"mesh/assign-id","""u8))
        {
            using var assigned = JsonDocument.Parse(message);
            ConnectionId = assigned.RootElement.GetProperty("payload"u8).GetString()!;
        }
        if (message.AsSpan().StartsWith("{\"id\":"u8)) _unanswered--;
        if (answersPings && message.AsSpan().StartsWith("""{"command":"ping","""u8)) SendText(PongMessage);
    }
}
