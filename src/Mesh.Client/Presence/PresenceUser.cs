namespace Mesh.Client;

/// <summary>One user of a room.</summary>
/// <param name="Id">What the identifier returned, or the id that the server has verified.</param>
/// <param name="State">The state that any of the user's connections published last; <c>default</c> if it can't be read as a <typeparamref name="TState"/>.</param>
/// <param name="TabCount">How many connections of the user have a state.</param>
/// <param name="Verified">True if the id is the server's word, not a claim.</param>
public sealed record PresenceUser<TState>(string Id, TState? State, int TabCount, bool Verified);
