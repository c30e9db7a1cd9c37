using System.Buffers.Text;
using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Reads what Scripts/room.lua tells of a change: 1 or 0 for silent, the time, a space, and the diff.</summary>
internal static class RoomEventReader
{
    public static RoomEvent Read(string room, ReadOnlyMemory<byte> message)
    {
        var bytes = message.Span;
        if (!Utf8Parser.TryParse(bytes[1..], out long timestamp, out var digits)) throw new FormatException("This is no change of a room.");
        var change = JsonSerializer.Deserialize(bytes[(digits + 2)..], ProtocolJson.Default.RosterDiff)!;
        return new(room, change, bytes[0] == (byte)'1', timestamp);
    }
}
