using System.Globalization;

namespace Mesh.Bounds;

/// <summary>The command line.</summary>
/// <param name="Nodes">Whether the rows of many nodes are measured; default: those of one.</param>
/// <param name="Runs">How often what is over at once is measured; default 100. What takes longer is measured at most <see cref="SlowRuns"/> times.</param>
/// <param name="Receivers">How many receivers the big room has; default 1,000.</param>
/// <param name="Stages">On how many clusters at a time the runs with faults of nodes and of Redis are made; default 5.</param>
/// <param name="Rows">The keys of the rows to measure; default: all.</param>
/// <param name="Output">A file for the table as Markdown, by its path from the root of the checkout; default: none.</param>
internal sealed record BoundsOptions(bool Nodes, int Runs, int Receivers, int Stages, IReadOnlyList<string> Rows, string? Output)
{
    private const int MostSlowRuns = 20;

    public const string Usage = "Options: --nodes, --runs N, --receivers N, --stages N, --row KEY (also several times), --output FILE";

    public int SlowRuns => Math.Min(Runs, MostSlowRuns);

    /// <exception cref="FormatException">It is not as <see cref="Usage"/> says.</exception>
    public static BoundsOptions Parse(string[] arguments)
    {
        var options = new BoundsOptions(arguments.Contains("--nodes", StringComparer.Ordinal), 100, 1_000, 5, [], null);
        foreach (var pair in arguments.Where(argument => argument != "--nodes").Chunk(2))
        {
            if (pair is not [var name, var value]) throw new FormatException($"{pair[0]} has no value.");
            options = name switch
            {
                "--runs" => options with { Runs = Count(value) },
                "--receivers" => options with { Receivers = Count(value) },
                "--stages" => options with { Stages = Count(value) },
                "--row" => options with { Rows = [.. options.Rows, value] },
                "--output" => options with { Output = value },
                _ => throw new FormatException($"There is no option {name}."),
            };
        }
        return options;
    }

    private static int Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException($"{value} is no number of one or more.");
}
