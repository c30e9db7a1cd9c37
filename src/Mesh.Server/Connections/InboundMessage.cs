namespace Mesh.Server;

/// <summary>What a <see cref="MessageReader"/> read: a whole text message, one that can't be taken, the end, or one that was the end.</summary>
/// <param name="Utf8">The text; empty if refused or ended.</param>
/// <param name="Refusal">The close code that answers a message that can't be taken.</param>
/// <param name="End">The client's close code; 1006 if it dropped.</param>
internal readonly record struct InboundMessage(ReadOnlyMemory<byte> Utf8, int? Refusal = null, int? End = null);
