using System.Collections.Immutable;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What became of a frame about a roster.</summary>
/// <param name="Outcome">Which it was; after a gap the server is to be asked again.</param>
/// <param name="Change">What it changed, if it did.</param>
internal readonly record struct Taken(DiffOutcome Outcome, RosterChange? Change)
{
    /// <summary>What some had said before they left.</summary>
    public ImmutableArray<PartingState> Parting { get; init; } = [];
}
