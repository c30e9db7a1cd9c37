using System.Buffers;
using System.Net.WebSockets;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Assembles whole messages from a WebSocket, each in bytes of its own. One reader at a time.</summary>
internal sealed class MessageReader(WebSocket socket, int limitBytes)
{
    private const int FirstBuffer = 1024;

    /// <summary>The next message. Never throws for what the client does: that is the message's refusal or end.</summary>
    public async ValueTask<InboundMessage> ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length) buffer = Grow(buffer);
                // No more than shows that it is too much: a WebSocket waits until it can fill what it is given.
                var room = Math.Min(buffer.Length, limitBytes + 1) - length;
                var received = await socket.ReceiveAsync(buffer.AsMemory(length, room), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close) return new(default, End: ClientCloseCode());
                if (received.MessageType == WebSocketMessageType.Binary) return new(default, Refusal: CloseCodes.Binary);
                length += received.Count;
                if (length > limitBytes) return new(default, Refusal: CloseCodes.TooBig);
                if (received.EndOfMessage) return new(buffer.AsSpan(0, length).ToArray());
            }
        }
        catch (WebSocketException refused) when (refused.WebSocketErrorCode == WebSocketError.Faulted)
        {
            // Text that is no UTF-8, or no sound frame: the WebSocket has answered it itself, and reads no further.
            return new(default, Refusal: CloseCodes.NotJson, End: TransportEnd.Dropped);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            return new(default, End: TransportEnd.Dropped);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A close frame without a code is how a browser's plain close() looks.
    private int ClientCloseCode() => socket.CloseStatus is null or WebSocketCloseStatus.Empty ? CloseCodes.Normal : (int)socket.CloseStatus;

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
