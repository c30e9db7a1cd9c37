namespace Mesh.Faults;

/// <summary>How one fault ended.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Right">From its healing until all was right; null: never.</param>
/// <param name="Differences">What was wrong when the bound was over; empty if nothing was.</param>
internal sealed record Outcome(FaultKind Kind, TimeSpan? Right, IReadOnlyList<string> Differences)
{
    public bool IsBreached => Differences.Count > 0;

    public double Seconds => Right?.TotalSeconds ?? double.PositiveInfinity;
}
