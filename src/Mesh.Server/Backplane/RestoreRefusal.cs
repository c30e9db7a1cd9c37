namespace Mesh.Server;

/// <summary>Why a restore changed nothing (protocol §9).</summary>
public enum RestoreRefusal
{
    /// <summary>The member has a state of the same or a newer stamp.</summary>
    Older,

    /// <summary>The deadline has passed.</summary>
    Expired,

    /// <summary>The stamp is beyond the room's present.</summary>
    Future,
}
