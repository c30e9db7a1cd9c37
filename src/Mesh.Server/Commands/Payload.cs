using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Reads the payloads of Mesh's own commands, and refuses what is not right before anything is done.</summary>
internal static class Payload
{
    public static T Read<T>(CommandContext context, JsonTypeInfo<T> type) => Read(context.Payload, type);

    public static T Read<T>(RawJson payload, JsonTypeInfo<T> type)
    {
        try
        {
            var value = JsonSerializer.Deserialize(payload.IsAbsent ? "{}"u8 : payload.Utf8.Span, type);
            if (value is not null) return value;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // Answered like a missing one: the parser's words are not for strangers.
        }
        throw Refusals.Invalid("The payload is not what the command takes");
    }

    public static string RoomName(string? name) =>
        Protocol.RoomName.IsValid(name) ? name! : throw Refusals.Invalid("The room name must be 1 to 256 characters without control characters");

    /// <summary>A state in bytes of its own.</summary>
    public static RawJson State(RawJson state, MeshOptions options)
    {
        if (state.Utf8.Length > options.StateBytes) throw Refusals.TooLarge("state", options.StateBytes);
        return state.Copy();
    }

    /// <summary>Milliseconds until a state expires; 0 and nothing mean never.</summary>
    public static TimeSpan? ExpireAfter(double? milliseconds) => milliseconds switch
    {
        null or 0 => null,
        > 0 and <= int.MaxValue => TimeSpan.FromMilliseconds(Math.Ceiling(milliseconds.Value)),
        _ => throw Refusals.Invalid("expireAfter must be 0 to 2147483647 ms"),
    };
}
