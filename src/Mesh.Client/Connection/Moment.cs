namespace Mesh.Client;

/// <summary>A moment by two clocks: one stands still while some machines sleep, the other may be set by hand.</summary>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Utc)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>The time since then, sleep included.</summary>
    public TimeSpan Elapsed(TimeProvider time)
    {
        var monotonic = time.GetElapsedTime(Timestamp);
        var wall = time.GetUtcNow() - Utc;
        return wall > monotonic ? wall : monotonic;
    }
}
