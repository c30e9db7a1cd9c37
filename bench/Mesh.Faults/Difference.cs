namespace Mesh.Faults;

/// <summary>Something that is not as it is in truth.</summary>
/// <param name="What">What.</param>
/// <param name="Viewer">Whose view it is in; null if it is in none.</param>
internal sealed record Difference(string What, string? Viewer = null)
{
    private const int Most = 25;
    private const int MostViewers = 4;

    /// <summary>What is the same in several views is one line.</summary>
    public static IReadOnlyList<string> Describe(IEnumerable<Difference> all)
    {
        var lines = all.GroupBy(it => it.What, it => it.Viewer, StringComparer.Ordinal).Select(same => Describe(same.Key, [.. same.OfType<string>()])).ToList();
        return lines.Count > Most ? [.. lines.Take(Most), $"and {lines.Count - Most} more"] : lines;
    }

    private static string Describe(string what, string[] viewers) => viewers.Length switch
    {
        0 => what,
        <= MostViewers => $"{what}: {string.Join(", ", viewers)}",
        _ => $"{what}: {string.Join(", ", viewers.Take(MostViewers))} and {viewers.Length - MostViewers} more",
    };
}
