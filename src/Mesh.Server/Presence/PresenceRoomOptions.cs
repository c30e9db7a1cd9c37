namespace Mesh.Server;

/// <summary>How presence is tracked in the rooms of one rule.</summary>
public sealed class PresenceRoomOptions
{
    /// <summary>
    /// Says who may see and publish presence in the room: asked at each subscription, entry and publish.
    /// Default: none, everyone may. An exception counts as no, and is logged. It does not guard <c>mesh/join-room</c>, which lists the
    /// room's members: refuse that with middleware, where joining is to be refused too.
    /// </summary>
    public Func<PresenceGuardContext, ValueTask<bool>>? Guard { get; set; }

    /// <summary>
    /// How long a member stays without a sign of life from its connection (any message, a pong among them). Default: none, it stays
    /// as long as its connection. Should be longer than <see cref="MeshOptions.PingInterval"/>. Range: more than 0, up to 24 days.
    /// </summary>
    public TimeSpan? Ttl { get; set; }

    /// <summary>Sets a guard that needs no waiting.</summary>
    public PresenceRoomOptions GuardBy(Func<PresenceGuardContext, bool> guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        Guard = context => new(guard(context));
        return this;
    }
}
