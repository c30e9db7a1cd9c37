namespace Mesh.Bounds;

internal static class Wait
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static async Task UntilAsync(Func<bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience.Limit) throw new TimeoutException("It never became so.");
            await Task.Delay(Step);
        }
    }
}
