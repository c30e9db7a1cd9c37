using System.Globalization;

namespace Mesh.Simulation;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Trace">Of all that happened.</param>
/// <param name="RightAfterMs">How long after the last fault all was right; -1 if it never was.</param>
/// <param name="Violation">What was wrong; empty if nothing.</param>
internal sealed record Outcome(int Seed, ulong Trace, int RightAfterMs, string Violation)
{
    public bool IsRight => Violation.Length == 0;

    /// <summary>Runs a seed, on a thread pool of one thread.</summary>
    public static Outcome Of(int seed, Planted planted, Hazards hazards, Action<string>? tell = null)
    {
        World? world = null;
        try
        {
            Driver.Run(() => (world ??= new(seed, planted, hazards, isNoted: tell is not null)).Step());
        }
        finally
        {
            foreach (var note in world?.Notes ?? []) tell?.Invoke(note);
        }
        var violation = world!.Ledger.Violations.Count > 0 ? world.Ledger.Violations[0] : "";
        return new(seed, world.Timeline.Trace, (int?)world.RightAfter?.TotalMilliseconds ?? -1, violation.ReplaceLineEndings(" "));
    }

    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Seed}\t{Trace:x16}\t{RightAfterMs}\t{Violation}");

    public static Outcome OfLine(string line)
    {
        var parts = line.Split('\t', 4);
        return new(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            int.Parse(parts[2], CultureInfo.InvariantCulture),
            parts[3]);
    }
}
