using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Who is about to publish, restore or take over which state in which room. The state is never null: a clear is not asked about.</summary>
public sealed class PresenceStateContext : PresenceGuardContext
{
    internal PresenceStateContext(CommandContext command, string room, RawJson state) : base(command, room) => State = state;

    /// <summary>The state as it was sent.</summary>
    public RawJson State { get; }

    /// <summary>
    /// Reads the state as <typeparamref name="TState"/>, by <see cref="MeshJsonOptions"/>, but strictly: what is stored, and what other clients
    /// get, are the bytes that were sent. Names are taken in their own case, none twice, none that <typeparamref name="TState"/> does not
    /// have, and no texts for numbers.
    /// </summary>
    /// <exception cref="MeshException"><c>EINVALID</c>: the state is no <typeparamref name="TState"/>.</exception>
    public TState ReadState<TState>() => AppJson.Deserialize<TState>(State, Command.Json.Strict)!;
}
