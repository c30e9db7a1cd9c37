using System.Security.Cryptography;

namespace Mesh.Client;

/// <summary>The key by which the server finds out which connections are of one user (protocol §8).</summary>
internal static class ClientKeys
{
    private const string Key = "m:client-key";
    private const int Shortest = 16;
    private const int Longest = 256;
    private const int Length = 32;

    /// <summary>The one that is stored, made at the first call.</summary>
    public static string Get(SafeStorage storage)
    {
        var stored = storage.GetOrAdd(Key, Create);
        if (stored.Length is >= Shortest and <= Longest) return stored;
        // Whatever it is, it is no key.
        var created = Create();
        storage.Set(Key, created);
        return created;
    }

    private static string Create() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", Length);
}
