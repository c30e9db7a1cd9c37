using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What happens to a member's state.</summary>
public abstract record StateChange
{
    private StateChange()
    {
    }

    /// <summary>A new state with a new stamp; JSON <c>null</c> clears.</summary>
    /// <param name="State">The state, in bytes of its own.</param>
    /// <param name="ExpireAfter">How long until it becomes <c>null</c>; null for never.</param>
    /// <param name="Silent">True if plain subscribers are not told.</param>
    public sealed record Publish(RawJson State, TimeSpan? ExpireAfter = null, bool Silent = false) : StateChange;

    /// <summary>A state put back with the stamp it had (protocol §9).</summary>
    /// <param name="State">The state, in bytes of its own.</param>
    /// <param name="Stamp">When it was published.</param>
    /// <param name="Deadline">When it becomes <c>null</c>, in milliseconds since 1970; null for never.</param>
    public sealed record Restore(RawJson State, Stamp Stamp, long? Deadline = null) : StateChange;

    /// <summary>The state became <c>null</c> at its deadline, unless it is no longer the one of this stamp.</summary>
    /// <param name="Stamp">The stamp of the state that expires.</param>
    public sealed record Expire(Stamp Stamp) : StateChange;
}
