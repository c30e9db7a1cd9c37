using System.Globalization;

namespace Mesh.Bounds;

/// <summary>The command line.</summary>
/// <param name="Runs">How often what is over at once is measured; default 100. What takes longer is measured at most <see cref="SlowRuns"/> times.</param>
/// <param name="Receivers">How many receivers the big room has; default 1,000.</param>
/// <param name="Rows">The keys of the rows to measure; default: all.</param>
/// <param name="Output">A file for the table as Markdown, by its path from the root of the checkout; default: none.</param>
internal sealed record BoundsOptions(int Runs, int Receivers, IReadOnlyList<string> Rows, string? Output)
{
    private const int MostSlowRuns = 20;

    public const string Usage = "Options: --runs N, --receivers N, --row KEY (also several times), --output FILE";

    public int SlowRuns => Math.Min(Runs, MostSlowRuns);

    /// <exception cref="FormatException">It is not as <see cref="Usage"/> says.</exception>
    public static BoundsOptions Parse(string[] arguments)
    {
        var (runs, receivers, output) = (100, 1_000, (string?)null);
        List<string> rows = [];
        foreach (var pair in arguments.Chunk(2))
        {
            if (pair is not [var name, var value]) throw new FormatException($"{pair[0]} has no value.");
            switch (name)
            {
                case "--runs": runs = Count(value); break;
                case "--receivers": receivers = Count(value); break;
                case "--row": rows.Add(value); break;
                case "--output": output = value; break;
                default: throw new FormatException($"There is no option {name}.");
            }
        }
        return new(runs, receivers, rows, output);
    }

    private static int Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException($"{value} is no number of one or more.");
}
