namespace Mesh.Server;

/// <summary>What a change at the store came to.</summary>
public enum ChangeOutcome
{
    /// <summary>The room changed, and its revision was raised by one.</summary>
    Changed,

    /// <summary>Everything was already so.</summary>
    Unchanged,

    /// <summary>The connection is not a member of the room.</summary>
    NotMember,

    /// <summary>The room has as many members as it may.</summary>
    Full,

    /// <summary>Another node has the connection: it is not this one's to change.</summary>
    Moved,
}
