using System.Net.WebSockets;
using System.Threading.Channels;

namespace Mesh.Server;

/// <summary>What waits to be sent over one WebSocket: bounded in bytes and messages, with one writer.</summary>
internal sealed class Outbox(int limitBytes)
{
    private const int MostMessages = 16_384;

    private readonly Channel<OutboundMessage> _messages = Channel.CreateBounded<OutboundMessage>(
        new BoundedChannelOptions(MostMessages) { SingleReader = true });

    private long _queuedBytes;

    /// <summary>True while diffs should be held back: they are made up for once <see cref="Drained"/> is raised.</summary>
    public bool IsCrowded => Interlocked.Read(ref _queuedBytes) > limitBytes / 4;

    /// <summary>Raised by the writer each time nothing is left to send.</summary>
    public event Action? Drained;

    /// <summary>Queues a message; false if that would exceed the limit, or the outbox is closed.</summary>
    public bool TryAdd(OutboundMessage message)
    {
        if (Interlocked.Add(ref _queuedBytes, message.Charged) <= limitBytes && _messages.Writer.TryWrite(message)) return true;
        Interlocked.Add(ref _queuedBytes, -message.Charged);
        return false;
    }

    /// <summary>Takes no more; what is queued is still sent.</summary>
    public void Complete() => _messages.Writer.TryComplete();

    /// <summary>Sends what is queued until the outbox is completed and empty.</summary>
    public async Task WriteAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var reader = _messages.Reader;
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            while (reader.TryRead(out var message))
            {
                for (var part = 0; part < message.Parts.Length; part++)
                    await socket.SendAsync(message.Parts[part], WebSocketMessageType.Text, part == message.Parts.Length - 1, cancellationToken);
                Interlocked.Add(ref _queuedBytes, -message.Charged);
                message.Sent?.TrySetResult();
            }
            Drained?.Invoke();
        }
    }
}
