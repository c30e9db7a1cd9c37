using System.Globalization;

namespace Mesh.Faults;

/// <summary>One line for each kind of fault.</summary>
internal static class Table
{
    private static readonly string[] Heads = ["fault", "what happens", "runs", "median", "worst", "bound"];

    public static string Of(IEnumerable<Outcome> outcomes) => MarkdownTable.Of(Heads, outcomes.GroupBy(it => it.Kind).OrderBy(it => it.Key.Key == FaultKinds.Calm).Select(Cells));

    private static string[] Cells(IGrouping<FaultKind, Outcome> runs)
    {
        double[] sorted = [.. runs.Select(it => it.Seconds).Order()];
        return
        [
            runs.Key.Key,
            runs.Key.What,
            sorted.Length.ToString(CultureInfo.InvariantCulture),
            Text(sorted[(sorted.Length - 1) / 2]),
            Text(sorted[^1]) + (runs.Any(it => it.IsBreached) ? " **breach**" : ""),
            runs.Key.Bound.ToString(),
        ];
    }

    private static string Text(double seconds) => double.IsInfinity(seconds) ? "never" : seconds.ToString("0.00", CultureInfo.InvariantCulture) + " s";
}
