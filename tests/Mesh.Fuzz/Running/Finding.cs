using System.Security.Cryptography;

namespace Mesh.Fuzz;

/// <summary>An input that something was wrong with.</summary>
/// <param name="Execution">Which one of the run.</param>
/// <param name="Input">The input.</param>
/// <param name="What">What was wrong.</param>
internal sealed record Finding(int Execution, byte[] Input, string What)
{
    private const int NameBytes = 6;

    /// <summary>By the same text it is taken for the same, up to what was sent, and apart from numbers.</summary>
    public string Key => new([.. What.Split('{', '\n')[0].Where(it => !char.IsAsciiHexDigit(it))]);

    /// <summary>Puts an input into a folder, under the name that its bytes give.</summary>
    public static string Save(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, NameOf(input));
        File.WriteAllBytes(path, input);
        return path;
    }

    public static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, NameBytes));
}
