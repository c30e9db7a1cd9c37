using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Protocol;

/// <summary>Writes the frames of protocol §3 as UTF-8, once for all their receivers.</summary>
public static class OutboundFrame
{
    private static readonly JsonWriterOptions Unchecked = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A frame without id: <c>{command, payload}</c>; an absent payload is left out.</summary>
    public static byte[] Event(string command, RawJson payload) => Write(default, command, payload);

    /// <summary>A frame without id, its payload serialized by <paramref name="type"/>.</summary>
    public static byte[] Event<T>(string command, T payload, JsonTypeInfo<T> type) =>
        Event(command, new RawJson(JsonSerializer.SerializeToUtf8Bytes(payload, type)));

    /// <summary>The response to a request: <c>{id, command, payload}</c>; an absent payload is left out.</summary>
    public static byte[] Response(RawJson id, string command, RawJson payload) => Write(id, command, payload);

    /// <summary>The response that says why a command was refused.</summary>
    public static byte[] Error(RawJson id, string command, MeshException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Write(id, command, ErrorPayload(error));
    }

    /// <summary>The payload of an error: <c>{error, code, name}</c>.</summary>
    public static RawJson ErrorPayload(MeshException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var buffer = new ArrayBufferWriter<byte>(128);
        using var writer = new Utf8JsonWriter(buffer, Unchecked);
        writer.WriteStartObject();
        writer.WriteString("error"u8, error.Message);
        writer.WriteString("code"u8, error.Code);
        writer.WriteString("name"u8, error.Name);
        writer.WriteEndObject();
        writer.Flush();
        return new(buffer.WrittenMemory);
    }

    private static byte[] Write(RawJson id, string command, RawJson payload)
    {
        ArgumentNullException.ThrowIfNull(command);
        var buffer = new ArrayBufferWriter<byte>(64 + id.Utf8.Length + command.Length + payload.Utf8.Length);
        using var writer = new Utf8JsonWriter(buffer, Unchecked);
        writer.WriteStartObject();
        if (!id.IsAbsent)
        {
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id.Utf8.Span, skipInputValidation: true);
        }
        writer.WriteString("command"u8, command);
        if (!payload.IsAbsent)
        {
            writer.WritePropertyName("payload"u8);
            writer.WriteRawValue(payload.Utf8.Span, skipInputValidation: true);
        }
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
