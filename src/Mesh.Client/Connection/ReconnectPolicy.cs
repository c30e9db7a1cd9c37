using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>When to try to connect again, and when not (protocol §14). It knows no clock and no chance but what it is given.</summary>
internal static class ReconnectPolicy
{
    private const double FirstMs = 250;
    private const double MinuteMs = 60_000;
    private const double ShortMs = 2_000;
    private const double LongMs = 30_000;

    /// <summary>A connection that stood this long was a good one: the next attempt is the first again.</summary>
    public static readonly TimeSpan Good = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long to wait before an attempt: next to nothing but spread at first, so that a server's clients do not all come in
    /// one moment; then doubling up to 2 s in the first minute, and growing with the outage up to 30 s after it.
    /// </summary>
    /// <param name="attempt">0 for the first after a connection ended.</param>
    /// <param name="elapsed">The time since then.</param>
    /// <param name="random">From 0 to below 1.</param>
    public static TimeSpan Delay(int attempt, TimeSpan elapsed, double random)
    {
        if (attempt == 0) return TimeSpan.FromMilliseconds(random * FirstMs);
        var most = elapsed.TotalMilliseconds < MinuteMs ? ShortMs : Math.Min(LongMs, elapsed.TotalMilliseconds / (MinuteMs / ShortMs));
        return TimeSpan.FromMilliseconds(Math.Min(most, FirstMs * Math.Pow(2, attempt)) * (0.5 + random / 2));
    }

    /// <summary>Whether what was pending may have been the reason of the close, so that it must not be sent again.</summary>
    public static bool WasRefused(int code) => code is CloseCodes.Binary or CloseCodes.NotJson or CloseCodes.TooBig;
}
