namespace Mesh.Server;

/// <summary>One text message for one or many receivers, in one part or several; the bytes are shared and never change.</summary>
/// <param name="Charged">How many of the bytes count against a receiver's outbound limit: all, or none of a snapshot.</param>
/// <param name="Sent">Completed once the message was sent; null if nobody waits for that.</param>
internal readonly record struct OutboundMessage(int Charged, TaskCompletionSource? Sent = null)
{
    private readonly ReadOnlyMemory<byte>[]? _parts;
    private readonly Func<ReadOnlyMemory<byte>[]>? _write;

    private OutboundMessage(ReadOnlyMemory<byte>[]? parts, Func<ReadOnlyMemory<byte>[]>? write, int charged, TaskCompletionSource? sent)
        : this(charged, sent) => (_parts, _write) = (parts, write);

    /// <summary>The message's bytes, in order.</summary>
    public ReadOnlyMemory<byte>[] Parts => _parts ?? _write!();

    public static OutboundMessage Of(ReadOnlyMemory<byte> frame) => new([frame], null, frame.Length, null);

    public static OutboundMessage OfSnapshot(ReadOnlyMemory<byte>[] parts, TaskCompletionSource sent) => new(parts, null, 0, sent);

    /// <summary>The same, written by the receiver's own writer when its turn has come: not under the lock of who queues it.</summary>
    public static OutboundMessage OfSnapshot(Func<ReadOnlyMemory<byte>[]> write, TaskCompletionSource sent) => new(null, write, 0, sent);
}
