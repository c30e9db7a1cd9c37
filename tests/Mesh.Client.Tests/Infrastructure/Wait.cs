using System.Runtime.CompilerServices;

namespace Mesh.Client.Tests;

/// <summary>Waits for conditions. The limit is for a busy machine: what happens in time never waits for it.</summary>
internal static class Wait
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task UntilAsync(Func<bool> condition, Func<string>? describe = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Limit)
                throw new TimeoutException($"It never became so: {what}. {describe?.Invoke()}");
            await Task.Delay(2);
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
            what: what);

    /// <summary>Waits for something that must come to an end.</summary>
    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit);

    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task InTimeAsync(this ValueTask task) => task.AsTask().WaitAsync(Limit);
}
