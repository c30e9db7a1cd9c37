namespace Mesh.Faults;

/// <summary>What somebody sees of a room now.</summary>
/// <param name="Viewer">Who.</param>
/// <param name="Users">Null: nothing yet.</param>
/// <param name="IsFresh">Whether it is said to be right.</param>
internal sealed record View(string Viewer, IReadOnlyList<Shown>? Users, bool IsFresh)
{
    /// <summary>By user, of members each of which has a state.</summary>
    public static View OfMembers(string viewer, IEnumerable<State?> states) =>
        new(viewer, [.. states.GroupBy(state => state?.UserId ?? "nobody", StringComparer.Ordinal).Select(Merge)], IsFresh: true);

    // A plain view has no stamps: where the members of a user differ, that is shown.
    private static Shown Merge(IGrouping<string, State?> user) =>
        new(user.Key, string.Join('|', user.Select(state => state?.Mark).Distinct(StringComparer.Ordinal)), user.Count());
}
