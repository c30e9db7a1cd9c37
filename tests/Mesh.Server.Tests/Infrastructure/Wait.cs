using System.Runtime.CompilerServices;

namespace Mesh.Server.Tests;

/// <summary>Waits for conditions. The limit is for a busy machine: what happens in time never waits for it.</summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Waits until something that nobody announces is so.</summary>
    public static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Limit) throw new TimeoutException($"It never became so: {what}");
            await Task.Delay(1);
        }
    }

    /// <summary>Moves the time in steps, until something is so.</summary>
    public static Task UntilAsync(FakeTimeProvider time, TimeSpan step, Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        UntilAsync(
            () =>
            {
                if (condition()) return true;
                time.Advance(step);
                return false;
            },
            what);
}
