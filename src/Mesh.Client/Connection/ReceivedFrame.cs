using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>One text message as a client receives it (protocol §3): a response has an id. The payload is a slice of the message.</summary>
internal readonly record struct ReceivedFrame(bool HasId, long Id, string? Command, RawJson Payload)
{
    /// <summary>Reads a message; false if it is no frame.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, out ReceivedFrame frame)
    {
        try
        {
            return TryRead(utf8, out frame);
        }
        catch (JsonException)
        {
            frame = default;
            return false;
        }
    }

    private static bool TryRead(ReadOnlyMemory<byte> utf8, out ReceivedFrame frame)
    {
        var (hasId, id, command, payload) = (false, -1L, (string?)null, default(RawJson));
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = ProtocolJson.DeepestNesting });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            frame = default;
            return false;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.IsAt(ref reader, "id"u8))
            {
                reader.Read();
                hasId = true;
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out id)) id = -1;
                reader.Skip();
            }
            else if (JsonText.IsAt(ref reader, "command"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String) command = JsonText.Read(ref reader);
                reader.Skip();
            }
            else if (JsonText.IsAt(ref reader, "payload"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                payload = new(utf8[start..(int)reader.BytesConsumed]);
            }
            else
            {
                reader.Skip();
            }
        }
        frame = new(hasId, id, command, payload);
        return true;
    }
}
