using System.Text;

namespace Mesh.Protocol;

/// <summary>What a room may be called (protocol §6).</summary>
public static class RoomName
{
    /// <summary>The longest name, in UTF-16 code units.</summary>
    public const int LongestUnits = 256;

    /// <summary>True for 1–256 UTF-16 units without lone surrogates and control characters.</summary>
    public static bool IsValid(string? name)
    {
        if (name is null || name.Length is 0 or > LongestUnits) return false;
        for (var at = 0; at < name.Length; at++)
        {
            if (char.IsControl(name[at])) return false;
            if (char.IsSurrogate(name[at]) && !Rune.TryGetRuneAt(name, at++, out _)) return false;
        }
        return true;
    }
}
