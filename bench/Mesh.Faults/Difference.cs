namespace Mesh.Faults;

/// <summary>Something that is not as it is in truth.</summary>
/// <param name="What">What.</param>
/// <param name="User">About whom; null: nobody in particular.</param>
/// <param name="Viewer">Whose view it is in; null if it is in none.</param>
internal sealed record Difference(string What, User? User, string? Viewer = null)
{
    private const int Most = 12;
    private const int MostViewers = 4;
    private const int MostStories = 3;

    /// <summary>What is the same in several views is one line; then what the first of those users did.</summary>
    public static IReadOnlyList<string> Describe(IReadOnlyList<Difference> all)
    {
        var stories = all.Select(it => it.User).OfType<User>().Distinct().Take(MostStories).Select(user => $"{user.Id} did: {user.Story}");
        var lines = all.GroupBy(it => it.What, it => it.Viewer, StringComparer.Ordinal).Select(same => Describe(same.Key, [.. same.OfType<string>()])).ToList();
        return [.. lines.Take(Most), .. lines.Count > Most ? [$"and {lines.Count - Most} more"] : Array.Empty<string>(), .. stories];
    }

    private static string Describe(string what, string[] viewers) => viewers.Length switch
    {
        0 => what,
        <= MostViewers => $"{what}: {string.Join(", ", viewers)}",
        _ => $"{what}: {string.Join(", ", viewers.Take(MostViewers))} and {viewers.Length - MostViewers} more",
    };
}
