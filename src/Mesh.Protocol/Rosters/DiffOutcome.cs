namespace Mesh.Protocol;

/// <summary>What a receiver does with a diff or snapshot (protocol §10).</summary>
public enum DiffOutcome
{
    /// <summary>Already known: dropped.</summary>
    Ignored,

    /// <summary>Applied: the roster is now newer.</summary>
    Applied,

    /// <summary>Kept until the snapshot it overtook arrives.</summary>
    Buffered,

    /// <summary>Something in between is missing: resync.</summary>
    Gap,
}
