namespace Mesh.Client;

/// <summary>The users of a room at a moment.</summary>
/// <param name="Users">The users, in the order of their first joining. Another list for each change; a user who has not changed stays the same object.</param>
/// <param name="IsFresh">Whether that is known to be right; false while there is no connection.</param>
public sealed record PresenceView<TState>(IReadOnlyList<PresenceUser<TState>> Users, bool IsFresh);
