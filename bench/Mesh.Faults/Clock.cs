namespace Mesh.Faults;

/// <summary>The time of the whole run, by which things are told.</summary>
internal static class Clock
{
    private static readonly long s_started = Stopwatch.GetTimestamp();

    public static TimeSpan Now => Stopwatch.GetElapsedTime(s_started);

    public static double Seconds => Now.TotalSeconds;

    public static TimeSpan At(long timestamp) => Stopwatch.GetElapsedTime(s_started, timestamp);
}
