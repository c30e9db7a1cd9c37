namespace Mesh.Bounds;

/// <summary>One line of the table.</summary>
/// <param name="What">What happens.</param>
/// <param name="Bound">The most that a sample may be.</param>
/// <param name="Unit">What is counted: milliseconds, frames that are not to be seen, or runs that failed.</param>
/// <param name="Receivers">How many receivers each sample waited for; the last one's time is the sample.</param>
/// <param name="Runs">How often it happened.</param>
/// <param name="Samples">What was measured: one for each run, or one for all of them.</param>
internal sealed record Measured(string What, double Bound, Unit Unit, int Receivers, int Runs, IReadOnlyList<double> Samples)
{
    private readonly double[] _sorted = [.. Samples.Order()];

    /// <summary>What it cost the two sides of it; null where that is not what limits it.</summary>
    public Cost? Cost { get; init; }

    public double Median => Percentile(0.5);

    public double P99 => Percentile(0.99);

    public double Max => _sorted[^1];

    public bool IsBreached => Max > Bound;

    public static Measured Time(string what, TimeSpan bound, int receivers, IReadOnlyList<double> samples) =>
        new(what, bound.TotalMilliseconds, Unit.Milliseconds, receivers, samples.Count, samples);

    public static Measured Nothing(string what, int receivers, int runs, int shown) => new(what, 0, Unit.Frames, receivers, runs, [shown]);

    public static Measured Failed(int runs) => new("a run did not come to its end, and is not among the others", 0, Unit.Runs, 0, runs, [runs]);

    // The smallest sample that so many are not above.
    private double Percentile(double part) => _sorted[Math.Max(0, (int)Math.Ceiling(part * _sorted.Length) - 1)];
}
