using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The user's state as far as it is known: without a stamp if no server has acknowledged it.</summary>
/// <param name="State">The state; null: cleared or expired.</param>
internal sealed record OwnRecord(RawJson State)
{
    /// <summary>When it was published.</summary>
    public Stamp? Stamp { get; init; }

    /// <summary>When it becomes null, in the server's milliseconds since 1970; goes with a stamp.</summary>
    public long? Deadline { get; init; }

    /// <summary>The same in this machine's milliseconds; goes with a state that was not acknowledged yet.</summary>
    public long? Expires { get; init; }

    /// <summary>A state as a roster has it.</summary>
    public static OwnRecord Of(RawJson state, Stamp? stamp, long? deadline) => new(state.HasValue ? state : RawJson.Null) { Stamp = stamp, Deadline = deadline };

    /// <summary>What is left of it for a server that counts otherwise.</summary>
    public OwnRecord WithoutStamp() => new(State) { Expires = Expires };
}
