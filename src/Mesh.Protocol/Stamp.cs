using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>A moment in the life of a room: its epoch, then its revision. On the wire <c>[epoch, revision]</c> (protocol §1).</summary>
/// <param name="Epoch">The incarnation of the room's counter; a later one is higher.</param>
/// <param name="Revision">The room's counter within the epoch.</param>
[JsonConverter(typeof(StampConverter))]
public readonly record struct Stamp(long Epoch, long Revision) : IComparable<Stamp>
{
    /// <inheritdoc/>
    public int CompareTo(Stamp other)
    {
        var byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : Revision.CompareTo(other.Revision);
    }

    /// <summary>Earlier than.</summary>
    public static bool operator <(Stamp left, Stamp right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(Stamp left, Stamp right) => left.CompareTo(right) > 0;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Stamp left, Stamp right) => left.CompareTo(right) <= 0;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Stamp left, Stamp right) => left.CompareTo(right) >= 0;
}
