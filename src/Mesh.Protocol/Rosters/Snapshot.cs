using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>A roster as it is read from the wire, before it is known to be sound.</summary>
internal sealed record Snapshot
{
    public required long Epoch { get; init; }

    public required long Revision { get; init; }

    public required ImmutableArray<Member> Members { get; init; }
}
