using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>A user's place in a list, and what is there.</summary>
internal readonly record struct UserListRow<TState>(Listing Place, UserEntry Entry, PresenceUser<TState> User);
