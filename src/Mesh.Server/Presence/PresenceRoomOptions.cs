using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>How presence is tracked in the rooms of one rule. What a guard or the validator throws counts as no, and is logged.</summary>
public sealed class PresenceRoomOptions
{
    /// <summary>
    /// Says who may join the room at all: asked at each <c>mesh/join-room</c> and entry; its no is answered <c>EFORBIDDEN</c>.
    /// Default: none, everyone may. The application's own <see cref="MeshRoom.AddAsync"/> is not asked about.
    /// </summary>
    public Func<PresenceGuardContext, ValueTask<bool>>? JoinGuard { get; set; }

    /// <summary>
    /// Says who may see and publish presence in the room: asked at each subscription, entry and publish. To whom it says no the room looks
    /// like an empty one (protocol §7): whoever may join it all the same is listed themselves alone. Default: none, everyone may.
    /// </summary>
    public Func<PresenceGuardContext, ValueTask<bool>>? Guard { get; set; }

    /// <summary>
    /// Says who, of those who may see the room, may publish in it: asked at each publish, clear, restore and takeover; its no is answered
    /// <c>EREFUSED</c>, to plain clients <c>false</c>. Default: none, everyone may.
    /// </summary>
    public Func<PresenceGuardContext, ValueTask<bool>>? PublishGuard { get; set; }

    /// <summary>
    /// Looks at each state before it is stored, restored ones too: null lets it pass, else the text is the reason that the client gets
    /// with <c>EREFUSED</c> (plain clients: <c>false</c>). Default: none, all pass. See <see cref="ValidateState{TState}"/> for a typed one.
    /// </summary>
    public Func<PresenceStateContext, ValueTask<string?>>? StateValidator { get; set; }

    /// <summary>
    /// How long a member stays without a sign of life from its connection (any message, a pong among them). Default: none, it stays
    /// as long as its connection. Should be longer than <see cref="MeshOptions.PingInterval"/>. Range: more than 0, up to 24 days.
    /// </summary>
    public TimeSpan? Ttl { get; set; }

    /// <summary>Sets a <see cref="Guard"/> that needs no waiting.</summary>
    public PresenceRoomOptions GuardBy(Func<PresenceGuardContext, bool> guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        Guard = context => new(guard(context));
        return this;
    }

    /// <summary>Sets a <see cref="JoinGuard"/> that needs no waiting.</summary>
    public PresenceRoomOptions GuardJoinBy(Func<PresenceGuardContext, bool> guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        JoinGuard = context => new(guard(context));
        return this;
    }

    /// <summary>Sets a <see cref="PublishGuard"/> that needs no waiting.</summary>
    public PresenceRoomOptions GuardPublishBy(Func<PresenceGuardContext, bool> guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        PublishGuard = context => new(guard(context));
        return this;
    }

    /// <summary>
    /// Sets a <see cref="StateValidator"/> that reads states by <see cref="PresenceStateContext.ReadState{TState}"/>; one that is no
    /// <typeparamref name="TState"/>, or has members that it has not, is refused.
    /// </summary>
    /// <typeparam name="TState">What a state is read as.</typeparam>
    /// <param name="validate">Null lets the state pass, else it is the reason of the refusal.</param>
    public PresenceRoomOptions ValidateState<TState>(Func<PresenceStateContext, TState, string?> validate)
    {
        ArgumentNullException.ThrowIfNull(validate);
        StateValidator = context =>
        {
            TState state;
            try
            {
                state = context.ReadState<TState>();
            }
            catch (MeshException unreadable) when (unreadable.Code == ErrorCodes.Invalid)
            {
                return new("The state is not what the room takes");
            }
            return new(validate(context, state));
        };
        return this;
    }
}
