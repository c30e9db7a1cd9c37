using System.Globalization;
using System.Text.Json;

namespace Mesh.Protocol;

/// <summary>Makes a user's id of what a state identifier returned, by the rules that JavaScript has for it (protocol §11).</summary>
public static class UserIds
{
    /// <summary>A string as it is, a number as its shortest decimal string; null, for “not listed”, for anything else.</summary>
    public static string? FromJson(RawJson answer)
    {
        if (!answer.HasValue) return null;
        var reader = new Utf8JsonReader(answer.Utf8.Span);
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => JsonText.Read(ref reader),
            JsonTokenType.Number => FromNumber(reader.GetDouble()),
            _ => null,
        };
    }

    /// <summary>The shortest decimal string that means this number, as JavaScript prints it; null if it is not finite.</summary>
    public static string? FromNumber(double number)
    {
        if (!double.IsFinite(number)) return null;
        if (number == 0) return "0";

        // Shortest digits as d.dddE±xxx: the notation is ours, the digits are not.
        var (digits, exponent) = Digits(Math.Abs(number));
        var text = exponent switch
        {
            >= 21 or < -6 => Scientific(digits, exponent),
            < 0 => "0." + new string('0', -exponent - 1) + digits,
            _ when digits.Length <= exponent + 1 => digits + new string('0', exponent + 1 - digits.Length),
            _ => digits[..(exponent + 1)] + "." + digits[(exponent + 1)..],
        };
        return number < 0 ? "-" + text : text;
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : digits[..1] + "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}");
    }

    // The significant digits without zeros around them, and the power of ten of the first one.
    private static (string Digits, int Exponent) Digits(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = mark < 0 ? text : text[..mark];
        var power = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leading = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), power + whole - 1 - leading);
    }
}
