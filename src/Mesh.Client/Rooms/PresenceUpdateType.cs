namespace Mesh.Client;

/// <summary>What a <see cref="PresenceUpdate"/> tells.</summary>
public enum PresenceUpdateType
{
    /// <summary>A connection is in the room from now on.</summary>
    Join,

    /// <summary>It is no more.</summary>
    Leave,

    /// <summary>It has another state, or none any more.</summary>
    State,
}
