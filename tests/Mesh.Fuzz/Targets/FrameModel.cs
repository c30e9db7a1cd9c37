using System.Text.Json;
using System.Text.Unicode;

namespace Mesh.Fuzz;

/// <summary>What a message is, by the words of protocol §2 and the base library's own documents.</summary>
internal static class FrameModel
{
    /// <summary>What is wrong with a frame that was read from these bytes; null if nothing is.</summary>
    public static string? Compare(ReadOnlyMemory<byte> utf8, InboundFrame frame)
    {
        using var document = TryParse(utf8);
        if (document is null) return frame == new InboundFrame(FrameKind.NotJson) ? null : "not JSON";
        if (frame.Kind == FrameKind.NotJson) return "JSON";
        if (!TryRead(document.RootElement, out var expected)) return null;
        if (frame.Kind != expected.Kind) return $"not {expected.Kind}";
        if (frame.Kind == FrameKind.Ignored) return null;
        if (frame.Id != expected.Id) return "another id";
        if (frame.Command != expected.Command) return "another command";
        if (frame.Kind != FrameKind.Invalid && frame.Payload != expected.Payload) return "another payload";
        return CompareEcho(frame);
    }

    /// <summary>What it is echoed as has to be a frame again, also where it is an error.</summary>
    private static string? CompareEcho(InboundFrame frame)
    {
        if (frame.Id.IsAbsent) return null;
        foreach (var echo in (byte[][])[OutboundFrame.Response(frame.Id, frame.Command, frame.Payload), OutboundFrame.Error(frame.Id, frame.Command, new("E", frame.Command))])
        {
            using var document = TryParse(echo);
            if (document is null) return "echoed as what is no JSON";
            if (RawJson.FromElement(document.RootElement.GetProperty("id"u8)) != frame.Id) return "echoed with another id";
            if (document.RootElement.GetProperty("command"u8).GetString() != frame.Command) return "echoed with another command";
        }
        return null;
    }

    // Of names and commands with lone surrogates this knows nothing: the base library does not read them.
    private static bool TryRead(JsonElement root, out InboundFrame expected)
    {
        expected = new(FrameKind.Ignored);
        if (root.ValueKind != JsonValueKind.Object) return true;
        try
        {
            Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
            var twice = false;
            foreach (var member in root.EnumerateObject()) twice |= !members.TryAdd(member.Name, member.Value);
            if (!twice) expected = Read(members);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static InboundFrame Read(Dictionary<string, JsonElement> members)
    {
        var id = Raw("id");
        var command = members.TryGetValue("command", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        if (command is "pong" or "latency:response") return new(FrameKind.Liveness, id, command, Raw("payload"));
        if (id.IsAbsent) return new(FrameKind.Ignored);
        return command is null ? new(FrameKind.Invalid, id) : new(FrameKind.Request, id, command, Raw("payload"));

        RawJson Raw(string name) => members.TryGetValue(name, out var value) ? RawJson.FromElement(value) : default;
    }

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> utf8)
    {
        if (!Utf8.IsValid(utf8.Span)) return null;
        try
        {
            return JsonDocument.Parse(utf8, new() { MaxDepth = InboundFrame.DeepestNesting });
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
