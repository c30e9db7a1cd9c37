namespace Mesh.Server;

/// <summary>One text message for one or many receivers, in one part or several; the bytes are shared and never change.</summary>
/// <param name="Parts">The message's bytes, in order.</param>
/// <param name="Charged">How many of the bytes count against a receiver's outbound limit: all, or none of a snapshot.</param>
/// <param name="Sent">Completed once the message was sent; null if nobody waits for that.</param>
internal readonly record struct OutboundMessage(ReadOnlyMemory<byte>[] Parts, int Charged, TaskCompletionSource? Sent = null)
{
    public static OutboundMessage Of(ReadOnlyMemory<byte> frame) => new([frame], frame.Length);

    public static OutboundMessage OfSnapshot(ReadOnlyMemory<byte>[] parts, TaskCompletionSource sent) => new(parts, 0, sent);
}
