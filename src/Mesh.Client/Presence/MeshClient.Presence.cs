using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Client;

public sealed partial class MeshClient
{
    /// <summary>
    /// Shows who is in a room, by user, and publishes the own state there. The client may be connected or not: the room is
    /// entered as soon as it is.
    /// </summary>
    /// <typeparam name="TState">What a user publishes.</typeparam>
    /// <param name="options">Which room, and what to do with it.</param>
    /// <exception cref="ArgumentException">An option is not what it should be.</exception>
    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    public Presence<TState> CreatePresence<TState>(PresenceOptions<TState> options) => CreatePresence(options, TypeInfo<TState>());

    /// <summary>The same without reflection.</summary>
    /// <inheritdoc cref="CreatePresence{TState}(PresenceOptions{TState})"/>
    public Presence<TState> CreatePresence<TState>(PresenceOptions<TState> options, JsonTypeInfo<TState> stateType)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(stateType);
        return new(this, options, stateType);
    }
}
