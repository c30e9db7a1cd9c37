using System.Text.Json;
using System.Text.Unicode;

namespace Mesh.Protocol;

/// <summary>One text message as a server receives it (protocol §2, §3). Id and payload are slices of the message: copy what is kept.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The request's id, to be echoed verbatim.</param>
/// <param name="Command">The command's name; empty if there is none.</param>
/// <param name="Payload">The payload; absent if there is none.</param>
public readonly record struct InboundFrame(FrameKind Kind, RawJson Id = default, string Command = "", RawJson Payload = default)
{
    /// <summary>How many bytes the message has, and are kept as long as any slice of it.</summary>
    public int Size { get; private init; }

    /// <summary>How deep a message may be nested.</summary>
    public const int DeepestNesting = 64;

    /// <summary>Reads a message. Never throws: what is wrong with it is its <see cref="Kind"/>.</summary>
    public static InboundFrame Parse(ReadOnlyMemory<byte> utf8)
    {
        if (!Utf8.IsValid(utf8.Span)) return new(FrameKind.NotJson);
        try
        {
            return Read(utf8) with { Size = utf8.Length };
        }
        catch (JsonException)
        {
            return new(FrameKind.NotJson);
        }
    }

    private static InboundFrame Read(ReadOnlyMemory<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = DeepestNesting });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            ExpectEnd(ref reader);
            return new(FrameKind.Ignored);
        }

        RawJson id = default, command = default, payload = default;
        HashSet<string>? others = null;
        var twice = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.IsAt(ref reader, "id"u8)) Take(ref id, ref reader);
            else if (JsonText.IsAt(ref reader, "command"u8)) Take(ref command, ref reader);
            else if (JsonText.IsAt(ref reader, "payload"u8)) Take(ref payload, ref reader);
            else
            {
                twice |= !(others ??= new(StringComparer.Ordinal)).Add(JsonText.Read(ref reader));
                reader.Skip();
            }
        }
        ExpectEnd(ref reader);
        if (twice) return new(FrameKind.Ignored);

        var name = ReadName(command);
        if (name is CommandNames.Pong or CommandNames.LatencyResponse) return new(FrameKind.Liveness, id, name, payload);
        if (id.IsAbsent) return new(FrameKind.Ignored);
        return name is null ? new(FrameKind.Invalid, id) : new(FrameKind.Request, id, name, payload);

        void Take(ref RawJson slot, ref Utf8JsonReader at)
        {
            twice |= !slot.IsAbsent;
            at.Read();
            var start = (int)at.TokenStartIndex;
            at.Skip();
            slot = new(utf8[start..(int)at.BytesConsumed]);
        }
    }

    private static string? ReadName(RawJson command)
    {
        if (command.IsAbsent) return null;
        var reader = new Utf8JsonReader(command.Utf8.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) return null;
        var name = JsonText.Read(ref reader);
        return JsonText.IsWellFormed(name) ? name : null;
    }

    private static void ExpectEnd(ref Utf8JsonReader reader)
    {
        if (reader.Read()) throw new JsonException("More than one value.");
    }
}
