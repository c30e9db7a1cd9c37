using System.Globalization;

namespace Mesh.Bounds;

/// <summary>The table, as Markdown: it reads well on a console too.</summary>
internal static class Table
{
    private static readonly string[] Heads = ["what happens", "bound", "runs", "median", "p99", "max", "receivers", "CPU a run: server + clients"];

    public static string Of(IEnumerable<Measured> all) => MarkdownTable.Of(Heads, all.Select(Cells));

    private static string[] Cells(Measured it) =>
    [
        it.What,
        it.Unit switch { Unit.Frames => "nothing seen", Unit.Runs => "none", _ => Text(it.Bound, it.Unit) },
        Number(it.Runs),
        Text(it.Median, it.Unit),
        // Of less it is the maximum.
        it.Samples.Count >= 100 ? Text(it.P99, it.Unit) : "",
        Text(it.Max, it.Unit) + (it.IsBreached ? " **breach**" : ""),
        Number(it.Receivers),
        it.Cost is { } cost ? $"{Text(cost.Server)} + {Text(cost.Generator)}{(it.Receivers > 1 && cost.IsMostlyGenerator ? " (clients limit)" : "")}" : "",
    ];

    private static string Text(TimeSpan time) => Text(time.TotalMilliseconds, Unit.Milliseconds);

    private static string Text(double value, Unit unit) => unit switch
    {
        Unit.Frames => Number(value) + " frames",
        Unit.Runs => Number(value) + " runs",
        _ when double.IsInfinity(value) => "not seen",
        _ when value >= 1_000 => (value / 1_000).ToString("0.##", CultureInfo.InvariantCulture) + " s",
        _ when value >= 10 => Number(value) + " ms",
        _ => value.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
    };

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
