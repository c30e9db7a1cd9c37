using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What came of a change at the store.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="Member">The member after it; null if there is none.</param>
/// <param name="At">The room's epoch and revision after it.</param>
public sealed record RoomChange(ChangeOutcome Outcome, Member? Member, Stamp At)
{
    /// <summary>Why the state of a join or a restore was refused; null if it was not.</summary>
    public RestoreRefusal? Refusal { get; init; }

    /// <summary>When it was made by the store's clock, which deadlines are of, in milliseconds since 1970; null where that is the node's own.</summary>
    public long? Timestamp { get; init; }
}
