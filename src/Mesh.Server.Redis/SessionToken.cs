using System.Security.Cryptography;
using System.Text;

namespace Mesh.Server;

/// <summary>A token that says where to look for its session: node, connection, and a secret, with a point between each.</summary>
internal readonly record struct SessionToken(string Node, string ConnectionId, string Secret)
{
    private const int SecretBytes = 24;
    private const int Longest = 256;

    public static SessionToken New(string node, string connectionId) =>
        new(node, connectionId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));

    public static bool TryParse(string text, out SessionToken token)
    {
        var parts = text.Length > Longest ? [] : text.Split('.');
        token = parts.Length == 3 ? new(parts[0], parts[1], parts[2]) : default;
        return parts.Length == 3 && parts.All(static it => it.Length > 0 && it.All(static character => char.IsAsciiLetterOrDigit(character) || character == '-'));
    }

    /// <summary>What Redis knows of a token: not the token itself, so that who reads Redis can be nobody else.</summary>
    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    public override string ToString() => $"{Node}.{ConnectionId}.{Secret}";
}
