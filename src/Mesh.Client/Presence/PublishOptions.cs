namespace Mesh.Client;

/// <summary>How a state is published.</summary>
public sealed record PublishOptions
{
    /// <summary>
    /// After which the state becomes null. Default: null, the <see cref="PresenceOptions{TState}.ExpireAfter"/> of the helper,
    /// or never. Range: 0 (never) or more.
    /// </summary>
    public TimeSpan? ExpireAfter { get; init; }

    /// <summary>Keeps the change from subscribers that are plain clients. Default: false.</summary>
    public bool Silent { get; init; }

    internal static TimeSpan Check(TimeSpan expireAfter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(expireAfter, TimeSpan.Zero);
        return expireAfter;
    }
}
