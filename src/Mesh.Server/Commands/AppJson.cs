using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The JSON of an application's payloads and results, by the options it configured.</summary>
internal static class AppJson
{
    public static RawJson Serialize<T>(T value, JsonSerializerOptions options) =>
        value is RawJson raw ? raw : new(JsonSerializer.SerializeToUtf8Bytes(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))));

    /// <summary>An event of the application.</summary>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>: no receiver's outbound queue could take it, and all of them would be closed.</exception>
    public static byte[] Event(string command, RawJson payload, int outboundBytes)
    {
        var frame = OutboundFrame.Event(command, payload);
        return frame.Length <= outboundBytes ? frame : throw Refusals.TooLarge("event", outboundBytes);
    }

    public static T? Deserialize<T>(RawJson json, JsonSerializerOptions options)
    {
        if (json is T raw) return raw;
        if (json.IsAbsent) return default;
        try
        {
            return JsonSerializer.Deserialize(json.Utf8.Span, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw Refusals.Invalid("The payload is not what the command takes");
        }
    }
}
