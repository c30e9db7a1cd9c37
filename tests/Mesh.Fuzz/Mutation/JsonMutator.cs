using System.Globalization;
using System.Text;

namespace Mesh.Fuzz;

/// <summary>Changes bytes that are JSON, or nearly: by its tokens and values, by the protocol's words, and byte by byte.</summary>
internal sealed class JsonMutator(int mostBytes) : IMutator
{
    private const int MostChanges = 4;
    private const int DeepNesting = 70;

    public byte[] Mutate(byte[] input, byte[] other, Random random)
    {
        var text = input;
        for (var left = random.Few(MostChanges); left > 0; left--) text = Change(text, other, random);
        return text.Length <= mostBytes ? text : text[..mostBytes];
    }

    private static byte[] Change(byte[] text, byte[] other, Random random)
    {
        var tokens = JsonTokens.Of(text);
        if (tokens.Count == 0 || random.Next(3) == 0) return ChangeBytes(text, other, random);
        var token = random.Next(tokens.Count);
        var (start, end) = (tokens[token].Start.Value, tokens[token].End.Value);
        var endOfValue = JsonTokens.EndOfValue(text, tokens, token);
        return random.Next(13) switch
        {
            0 => Replace(text, start, end, Word(random)),
            1 => Replace(text, start, end, Quoted(random.Of(Words.Commands))),
            2 => Replace(text, start, endOfValue, Value(random)),
            3 => Replace(text, start, endOfValue, AnyValue(other, random)),
            4 => Replace(text, start, endOfValue, []),
            5 => Replace(text, start, endOfValue, Nested(text[start..endOfValue], random)),
            6 => Replace(text, end, end, [.. Quoted(random.Of(Words.Keys)), (byte)':', .. Value(random), (byte)',']),
            7 => Replace(text, endOfValue, endOfValue, [(byte)',', .. text.AsSpan(start, endOfValue - start)]),
            8 => Swap(text, tokens[token], random.Of(tokens)),
            9 => Escape(text, start, end, random),
            _ => ChangeMember(text, tokens, token, random),
        };
    }

    // The next member's value becomes one that its name may have.
    private static byte[] ChangeMember(byte[] text, List<Range> tokens, int from, Random random)
    {
        var colon = tokens.FindIndex(from, it => text[it.Start] == ':');
        if (colon < 1 || colon + 1 == tokens.Count) return text;
        var value = Encoding.UTF8.GetString(text.AsSpan()[tokens[colon - 1]]) switch
        {
            "\"command\"" => Quoted(random.Of(Words.Commands)),
            "\"roomName\"" => Quoted(random.Of(Words.Rooms)),
            _ => Value(random),
        };
        return Replace(text, tokens[colon + 1].Start.Value, JsonTokens.EndOfValue(text, tokens, colon + 1), value);
    }

    private static byte[] ChangeBytes(byte[] text, byte[] other, Random random)
    {
        var start = random.Next(text.Length + 1);
        var end = Math.Min(text.Length, start + random.Few(32));
        switch (random.Next(7))
        {
            case 0 when start < text.Length:
                var flipped = text.ToArray();
                flipped[start] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1 when start < text.Length:
                return Replace(text, start, start + 1, [(byte)random.Next(256)]);
            case 2:
                return Replace(text, start, end, []);
            case 3:
                return Replace(text, start, start, text[start..end]);
            case 4:
                return [.. text[..start], .. other[random.Next(other.Length + 1)..]];
            case 5:
                return Replace(text, start, start, Encoding.Latin1.GetBytes(random.Of(Words.Pieces)));
            default:
                return Replace(text, start, start, Word(random));
        }
    }

    private static byte[] Word(Random random) => random.Next(4) switch
    {
        0 => Quoted(random.Of(Words.Keys)),
        1 => Quoted(random.Of(Words.Rooms)),
        2 => Quoted(random.Of(Words.Commands)),
        _ => Value(random),
    };

    private static byte[] Value(Random random) => random.Next(8) switch
    {
        0 => Encoding.ASCII.GetBytes(random.NextInt64(-1L << random.Next(63), 1L << random.Next(63)).ToString(CultureInfo.InvariantCulture)),
        1 => Quoted(random.Of(Words.Rooms)),
        2 => Quoted(new string('a', random.Of((int[])[15, 16, 255, 256, 257, 1000]))),
        _ => Encoding.UTF8.GetBytes(random.Of(Words.Values)),
    };

    private static byte[] AnyValue(byte[] other, Random random)
    {
        var tokens = JsonTokens.Of(other);
        if (tokens.Count == 0) return [];
        var token = random.Next(tokens.Count);
        return other[tokens[token].Start.Value..JsonTokens.EndOfValue(other, tokens, token)];
    }

    private static byte[] Nested(byte[] value, Random random)
    {
        var depth = random.Of((int[])[1, 2, 61, 62, 63, 64, 65, DeepNesting]);
        return Encoding.ASCII.GetBytes(new string('[', depth)).Concat(value).Concat(Encoding.ASCII.GetBytes(new string(']', depth))).ToArray();
    }

    // The same character in other words.
    private static byte[] Escape(byte[] text, int start, int end, Random random)
    {
        if (end - start < 3) return text;
        var at = random.Next(start + 1, end - 1);
        return text[at] is < 0x80 and not (byte)'\\' ? Replace(text, at, at + 1, Encoding.ASCII.GetBytes($"\\u{text[at]:x4}")) : text;
    }

    private static byte[] Swap(byte[] text, Range one, Range another)
    {
        if (one.Start.Value > another.Start.Value) (one, another) = (another, one);
        return one.End.Value > another.Start.Value ? text : [.. text[..one.Start.Value], .. text[another], .. text[one.End.Value..another.Start.Value], .. text[one], .. text[another.End.Value..]];
    }

    private static byte[] Quoted(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");

    private static byte[] Replace(byte[] text, int start, int end, byte[] with) => [.. text.AsSpan(0, start), .. with, .. text.AsSpan(end)];
}
