using System.Text;
using System.Text.Json;

namespace Mesh.Fuzz;

/// <summary>What a server sent: one frame in each message (protocol §3).</summary>
internal static class Sent
{
    /// <summary>What is wrong with a message; null if nothing is.</summary>
    public static string? Judge(byte[] message)
    {
        try
        {
            using var document = JsonDocument.Parse(message, new() { MaxDepth = 2 * InboundFrame.DeepestNesting });
            // Not in all that it holds: ids, states and metadata are passed on as they came.
            if (document.RootElement.EnumerateObject().CountBy(it => it.Name, StringComparer.Ordinal).Any(it => it.Value > 1)) return "a member twice";
            if (document.RootElement.GetProperty("command"u8).ValueKind != JsonValueKind.String) return "a frame without a command";
            if (document.RootElement.TryGetProperty("payload"u8, out var payload) && payload.ValueKind == JsonValueKind.Object
                && payload.TryGetProperty("code"u8, out var code) && code.ValueEquals(ErrorCodes.Server))
                return $"the server failed: {Encoding.UTF8.GetString(message)}";
            return null;
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"no frame was sent: {malformed.Message} {Encoding.UTF8.GetString(message)}";
        }
    }

    /// <summary>The text that follows a key: up to the end of the string or number.</summary>
    public static string? Find(ReadOnlySpan<byte> message, ReadOnlySpan<byte> key)
    {
        if (message.LastIndexOf(key) is not (var at and >= 0)) return null;
        var rest = message[(at + key.Length)..];
        return rest.IndexOfAny("\",}]"u8) is var end and >= 0 ? Encoding.ASCII.GetString(rest[..end]) : null;
    }
}
