using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>What a member said before it left, and no list of a diff tells, for those of its user who stay (protocol §10).</summary>
public sealed record PartingState
{
    /// <summary>The id that the member shared with its user's other connections.</summary>
    public required string Sibling { get; init; }

    /// <summary>The state: JSON <c>null</c> if it was cleared or had expired.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson State { get; init; }

    /// <summary>When it was published.</summary>
    public required Stamp Stamp { get; init; }

    /// <summary>When it becomes <c>null</c>, in the server's milliseconds since 1970; null for never.</summary>
    public long? Deadline { get; init; }

    /// <summary>That of a member; null if it has no siblings, or never said anything.</summary>
    internal static PartingState? Of(Member? member) => member is { Sibling: { } sibling, Stamp: { } stamp }
        ? new() { Sibling = sibling, State = member.State, Stamp = stamp, Deadline = member.Deadline }
        : null;
}
