using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>
/// A JSON value as the bytes it was received in: never reserialized, compared byte by byte.
/// The default value is <em>absent</em>, which is not the same as JSON <c>null</c>.
/// </summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly struct RawJson : IEquatable<RawJson>
{
    /// <summary>The JSON value <c>null</c>.</summary>
    public static readonly RawJson Null = new("null"u8.ToArray());

    private readonly ReadOnlyMemory<byte> _utf8;

    /// <summary>Wraps UTF-8 bytes that hold exactly one JSON value. The bytes are not copied and must not change.</summary>
    public RawJson(ReadOnlyMemory<byte> utf8) => _utf8 = utf8;

    /// <summary>The UTF-8 bytes; empty if absent.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8;

    /// <summary>True if there is no value at all.</summary>
    public bool IsAbsent => _utf8.IsEmpty;

    /// <summary>True if the value is JSON <c>null</c>.</summary>
    public bool IsNull => _utf8.Span.SequenceEqual("null"u8);

    /// <summary>True if there is a value and it is not <c>null</c>.</summary>
    public bool HasValue => !IsAbsent && !IsNull;

    /// <summary>The same value in bytes of its own, for keeping it longer than a receive buffer.</summary>
    public RawJson Copy() => IsAbsent ? default : IsNull ? Null : new(_utf8.ToArray());

    /// <summary>Parses the value.</summary>
    /// <exception cref="JsonException">The bytes are not one JSON value.</exception>
    public JsonElement Parse() => JsonElement.Parse(IsAbsent ? "null"u8 : _utf8.Span);

    /// <summary>Wraps JSON text.</summary>
    public static RawJson FromText(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>The raw text of an element.</summary>
    public static RawJson FromElement(JsonElement element) => new(JsonMarshal.GetRawUtf8Value(element).ToArray());

    /// <inheritdoc/>
    public bool Equals(RawJson other) => _utf8.Span.SequenceEqual(other._utf8.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawJson other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_utf8.Span);
        return hash.ToHashCode();
    }

    /// <summary>The JSON text; empty if absent.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_utf8.Span);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(RawJson left, RawJson right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(RawJson left, RawJson right) => !left.Equals(right);
}
