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

    /// <summary>Members of a node that is killed, or cut off from Redis: its lease, and until others find that it has ended.</summary>
    public static readonly TimeSpan NodeDead = TimeSpan.FromSeconds(10);

    /// <summary>Members of a node that is shut down: the grace, and until others find that it is over.</summary>
    public static readonly TimeSpan NodeShutDown = TimeSpan.FromSeconds(7);

    /// <summary>Members of a node that was cut off from Redis, from its return.</summary>
    public static readonly TimeSpan NodeBack = TimeSpan.FromSeconds(2);

    /// <summary>Members of a node that died while Redis was away, from Redis's return: who judges has first to renew its own lease for as long as one lasts.</summary>
    public static readonly TimeSpan NodeDeadWithoutRedis = TimeSpan.FromSeconds(20);

    /// <summary>Until all views are right, from Redis's return, whatever it still knows.</summary>
    public static readonly TimeSpan RedisBack = TimeSpan.FromSeconds(5);

    /// <summary>Until the connections of a user who was revoked are closed, on every node.</summary>
    public static readonly TimeSpan Revoked = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for what is to happen within a bound, before it is taken for lost.</summary>
    public static TimeSpan Patience(TimeSpan bound) => bound + TimeSpan.FromSeconds(10);
}
