using System.Buffers.Binary;

namespace Mesh.Fuzz;

/// <summary>The frames of RFC 6455, as a client writes and reads them.</summary>
internal static class WebSocketFrames
{
    private const byte Final = 0x80;
    private const byte Masked = 0x80;
    private const int MaskBytes = 4;

    /// <summary>A client's frame; its mask is zero, so that the bytes on the wire are those of the message.</summary>
    public static byte[] Write(Opcode opcode, ReadOnlySpan<byte> payload, bool isFinal = true)
    {
        var lengthBytes = payload.Length switch { < 126 => 0, <= ushort.MaxValue => 2, _ => 8 };
        var frame = new byte[2 + lengthBytes + MaskBytes + payload.Length];
        frame[0] = (byte)((isFinal ? Final : 0) | (int)opcode);
        frame[1] = (byte)(Masked | lengthBytes switch { 0 => payload.Length, 2 => 126, _ => 127 });
        if (lengthBytes == 2) BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        if (lengthBytes == 8) BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        payload.CopyTo(frame.AsSpan(2 + lengthBytes + MaskBytes));
        return frame;
    }

    /// <summary>The first of a server's frames, and how long it is; false if it is not whole yet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Opcode opcode, out bool isFinal, out Range payload)
    {
        (opcode, isFinal, payload) = (default, false, default);
        if (bytes.Length < 2) return false;
        (opcode, isFinal) = ((Opcode)(bytes[0] & 0x0f), (bytes[0] & Final) != 0);
        var start = (bytes[1] & 0x7f) switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < start) return false;
        var length = start switch { 4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), 10 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]), _ => bytes[1] };
        if (bytes.Length - start < length) return false;
        payload = start..(start + (int)length);
        return true;
    }
}
