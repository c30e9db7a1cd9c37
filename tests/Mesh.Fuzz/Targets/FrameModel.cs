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
        return CompareEcho(frame) ?? CompareError(frame.Payload);
    }

    /// <summary>What it is echoed as has to be a frame again, also where it is an error.</summary>
    private static string? CompareEcho(InboundFrame frame)
    {
        if (frame.Id.IsAbsent) return null;
        var error = new MeshException("E", frame.Command);
        if (!AreEqual(ErrorPayload.Read(OutboundFrame.ErrorPayload(error)), error)) return "refused as what is no error";
        foreach (var echo in (byte[][])[OutboundFrame.Response(frame.Id, frame.Command, frame.Payload), OutboundFrame.Error(frame.Id, frame.Command, error)])
        {
            using var document = TryParse(echo);
            if (document is null) return "echoed as what is no JSON";
            if (RawJson.FromElement(document.RootElement.GetProperty("id"u8)) != frame.Id) return "echoed with another id";
            if (document.RootElement.GetProperty("command"u8).GetString() != frame.Command) return "echoed with another command";
        }
        return null;
    }

    /// <summary>The other end reads a payload as an error if it has the shape of one.</summary>
    private static string? CompareError(RawJson payload)
    {
        var error = ErrorPayload.Read(payload);
        try
        {
            var (text, code, name) = payload.Parse() is { ValueKind: JsonValueKind.Object } read ? (Text(read, "error"), Text(read, "code"), Text(read, "name")) : default;
            var expected = text is null || code is null ? null : name is null ? new MeshException(code, text) : new(code, text) { Name = name };
            return AreEqual(error, expected) ? null : "an error is not what it is";
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        static string? Text(JsonElement read, string key) => read.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static bool AreEqual(MeshException? one, MeshException? another) => (one?.Code, one?.Message, one?.Name) == (another?.Code, another?.Message, another?.Name);

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
