using System.Text.Json;

namespace Mesh.Protocol;

/// <summary>The payload by which a response says that a command was refused (protocol §3).</summary>
public static class ErrorPayload
{
    /// <summary>The error that a response's payload is; null if it is a result.</summary>
    public static MeshException? Read(RawJson payload)
    {
        if (payload.IsAbsent) return null;
        string? error = null, code = null, name = null;
        var reader = new Utf8JsonReader(payload.Utf8.Span, new JsonReaderOptions { MaxDepth = ProtocolJson.DeepestNesting });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.IsAt(ref reader, "error"u8)) error = ReadText(ref reader);
            else if (JsonText.IsAt(ref reader, "code"u8)) code = ReadText(ref reader);
            else if (JsonText.IsAt(ref reader, "name"u8)) name = ReadText(ref reader);
            else reader.Skip();
        }
        if (error is null || code is null) return null;
        return name is null ? new(code, error) : new(code, error) { Name = name };
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return JsonText.Read(ref reader);
        reader.Skip();
        return null;
    }
}
