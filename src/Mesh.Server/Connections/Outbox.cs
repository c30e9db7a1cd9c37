using System.Net.WebSockets;
using System.Threading.Channels;

namespace Mesh.Server;

/// <summary>What waits to be sent over one WebSocket: bounded in bytes and messages, with one writer.</summary>
internal sealed class Outbox(int limitBytes, TimeProvider time)
{
    private const int MostMessages = 16_384;

    // A message larger than this is sent in several frames, so that a slow receiver is seen to make progress.
    private const int MostFrameBytes = 64 * 1024;

    private readonly Channel<OutboundMessage> _messages = Channel.CreateBounded<OutboundMessage>(
        new BoundedChannelOptions(MostMessages) { SingleReader = true });

    private long _queuedBytes;
    private long _sendingSince;
    private volatile bool _discards;
    private TaskCompletionSource? _underWay;

    /// <summary>True while diffs should be held back: they are made up for once <see cref="Eased"/> is raised.</summary>
    public bool IsCrowded => Interlocked.Read(ref _queuedBytes) > limitBytes / 4;

    /// <summary>How long the receiver has not taken the frame that is being sent; zero if none is.</summary>
    public TimeSpan StuckFor => Interlocked.Read(ref _sendingSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Raised by the writer after each message that leaves little to send.</summary>
    public event Action? Eased;

    /// <summary>Queues a message; false if that would exceed the limit, or the outbox is closed.</summary>
    public bool TryAdd(OutboundMessage message)
    {
        if (Interlocked.Add(ref _queuedBytes, message.Charged) <= limitBytes && _messages.Writer.TryWrite(message)) return true;
        Interlocked.Add(ref _queuedBytes, -message.Charged);
        return false;
    }

    /// <summary>Takes no more. What is queued is still sent, unless it is to be discarded; the message under way is finished.</summary>
    public void Complete(bool discard)
    {
        _discards = discard;
        _messages.Writer.TryComplete();
    }

    /// <summary>Sends what is queued until the outbox is completed and empty.</summary>
    public async Task WriteAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var reader = _messages.Reader;
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            while (reader.TryRead(out var message))
            {
                _underWay = message.Sent;
                if (!_discards) await SendAsync(socket, message.Parts, cancellationToken);
                var left = Interlocked.Add(ref _queuedBytes, -message.Charged);
                message.Sent?.TrySetResult();
                if (left <= limitBytes / 8) Eased?.Invoke();
            }
        }
    }

    /// <summary>Nothing is sent any more: nobody waits for it.</summary>
    public void Abandon()
    {
        _underWay?.TrySetResult();
        while (_messages.Reader.TryRead(out var message)) message.Sent?.TrySetResult();
    }

    private async ValueTask SendAsync(WebSocket socket, ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken)
    {
        for (var at = 0; at < parts.Length; at++)
        {
            var rest = parts[at];
            while (!rest.IsEmpty)
            {
                var frame = rest[..Math.Min(rest.Length, MostFrameBytes)];
                rest = rest[frame.Length..];
                Interlocked.Exchange(ref _sendingSince, time.GetTimestamp());
                await socket.SendAsync(frame, WebSocketMessageType.Text, rest.IsEmpty && at == parts.Length - 1, cancellationToken);
                Interlocked.Exchange(ref _sendingSince, 0);
            }
        }
    }
}
