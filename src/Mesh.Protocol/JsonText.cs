using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Mesh.Protocol;

/// <summary>Strings of JSON as JavaScript has them: sequences of UTF-16 units, among them perhaps lone surrogates.</summary>
internal static class JsonText
{
    /// <summary>The string or name that the reader is at. Unlike the reader's own method it never throws.</summary>
    public static string Read(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        return reader.ValueIsEscaped ? Unescape(text) : text;
    }

    /// <summary>True if the string or name that the reader is at is this one. It does not throw either.</summary>
    public static bool IsAt(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8) =>
        reader.ValueIsEscaped ? Read(ref reader) == Encoding.UTF8.GetString(utf8) : reader.ValueSpan.SequenceEqual(utf8);

    /// <summary>True if there is no lone surrogate.</summary>
    public static bool IsWellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
            if (char.IsSurrogate(text[at]) && !Rune.TryGetRuneAt(text, at++, out _)) return false;
        return true;
    }

    // The reader has made sure that every escape is whole.
    private static string Unescape(string escaped)
    {
        var text = new StringBuilder(escaped.Length);
        for (var at = 0; at < escaped.Length; at++)
        {
            if (escaped[at] != '\\')
            {
                text.Append(escaped[at]);
                continue;
            }
            at++;
            if (escaped[at] == 'u')
            {
                text.Append((char)ushort.Parse(escaped.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 4;
                continue;
            }
            text.Append(escaped[at] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                var same => same,
            });
        }
        return text.ToString();
    }
}
