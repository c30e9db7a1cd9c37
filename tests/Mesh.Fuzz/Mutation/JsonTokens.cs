using System.Buffers;

namespace Mesh.Fuzz;

/// <summary>The tokens of a text that once was JSON, and perhaps is no more: whatever it is, it has some.</summary>
internal static class JsonTokens
{
    private static readonly SearchValues<byte> Ends = SearchValues.Create("{}[]:,\" \t\r\n"u8);

    public static List<Range> Of(ReadOnlySpan<byte> text)
    {
        List<Range> tokens = [];
        for (var at = 0; at < text.Length;)
        {
            var end = at + Length(text[at..]);
            if (text[at] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) tokens.Add(at..end);
            at = end;
        }
        return tokens;
    }

    /// <summary>Where the value that begins with a token ends: behind its bracket, if it is one.</summary>
    public static int EndOfValue(ReadOnlySpan<byte> text, List<Range> tokens, int token)
    {
        var depth = 0;
        for (var at = token; at < tokens.Count; at++)
        {
            var first = text[tokens[at].Start];
            if (first is (byte)'{' or (byte)'[') depth++;
            if (first is (byte)'}' or (byte)']') depth--;
            if (depth <= 0) return tokens[at].End.Value;
        }
        return text.Length;
    }

    private static int Length(ReadOnlySpan<byte> text)
    {
        if (text[0] == '"') return LengthOfString(text);
        if (Ends.Contains(text[0])) return 1;
        var end = text.IndexOfAny(Ends);
        return end < 0 ? text.Length : end;
    }

    private static int LengthOfString(ReadOnlySpan<byte> text)
    {
        for (var at = 1; at < text.Length; at++)
        {
            if (text[at] == '\\') at++;
            else if (text[at] == '"') return at + 1;
        }
        return text.Length;
    }
}
