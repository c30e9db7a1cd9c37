namespace Mesh.Client.Tests;

/// <summary>What is due rings once, however far away it is.</summary>
public sealed class AlarmTests
{
    [Fact]
    public void What_is_due_later_than_timers_run_rings_in_time()
    {
        var time = new TimerTime();
        var rung = 0;
        var alarm = new Alarm(new(time), () => rung++);
        alarm.Set(TimeSpan.FromDays(100));
        time.Advance(TimeSpan.FromDays(100) - TimeSpan.FromSeconds(1));
        (rung, alarm.IsSet).ShouldBe((0, true));
        time.Advance(TimeSpan.FromSeconds(1));
        (rung, alarm.IsSet).ShouldBe((1, false));
        alarm.Set(TimeSpan.FromDays(100));
        time.Advance(TimeSpan.FromDays(50));
        alarm.Cancel();
        time.Advance(TimeSpan.FromDays(100));
        rung.ShouldBe(1);
    }

    /// <summary>As the system's: timers take no more than 49.7 days.</summary>
    private sealed class TimerTime : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(dueTime, TimeSpan.FromMilliseconds(uint.MaxValue - 1));
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
