namespace Mesh.Bounds;

/// <summary>What is promised (README, “What holds”), with the server's default options.</summary>
internal static class Promised
{
    public static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan TabClosed = TimeSpan.FromSeconds(2.5);
    public static readonly TimeSpan NotBack = TimeSpan.FromSeconds(6);
    public static readonly TimeSpan Silent = TimeSpan.FromSeconds(25);

    /// <summary>Until all views are equal, from the moment that connections stand again.</summary>
    public static readonly TimeSpan Equal = TimeSpan.FromSeconds(1);

    /// <summary>The same from the moment that the server can be reached: clients retry at most 2 s apart in the first minute.</summary>
    public static readonly TimeSpan EqualOnceReachable = TimeSpan.FromSeconds(2) + Equal;

    /// <summary>How long a dropped session may be away.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>The same after a page was closed.</summary>
    public static readonly TimeSpan ReloadGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait for what is to happen within a bound, before it is taken for lost.</summary>
    public static TimeSpan Patience(TimeSpan bound) => bound + TimeSpan.FromSeconds(10);
}
