namespace Mesh.Simulation;

/// <summary>Time as a machine's program sees it: set wrong, and not quite as fast as the world's.</summary>
internal sealed class MachineClock(Machine machine, Timeline timeline, TimeSpan skew, double pace) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // No machine was switched on just now.
    private static readonly TimeSpan Uptime = TimeSpan.FromHours(1);

    private TimeSpan _skew = skew;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    private TimeSpan Elapsed => timeline.Now * pace;

    public override DateTimeOffset GetUtcNow() => Beginning + _skew + Elapsed;

    public override long GetTimestamp() => (Uptime + Elapsed).Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new MachineTimer(machine, pace, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Somebody sets the clock.</summary>
    public void SetAhead(TimeSpan by) => _skew += by;
}
