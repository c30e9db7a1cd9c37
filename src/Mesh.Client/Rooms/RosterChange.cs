using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What led from one roster to the next.</summary>
/// <param name="Before">The roster before; null if there was none.</param>
/// <param name="Diff">What changed.</param>
/// <param name="After">The roster from now on.</param>
internal sealed record RosterChange(Roster? Before, RosterDiff Diff, Roster After)
{
    /// <summary>The members that are new, or about which something is.</summary>
    public IEnumerable<Member> Changed =>
        Diff.Joined.Concat(Diff.Updated.Select(update => After.Find(update.Number)).OfType<Member>());

    public static RosterChange Between(Roster? before, Roster after) =>
        new(before, Roster.Compare(before ?? Roster.Empty(after.Epoch), after), after);
}
