namespace Mesh.Testing;

/// <summary>A generated sequence of events for any implementation of the view by user.</summary>
/// <param name="Name">Says the seed.</param>
/// <param name="Json">A case in the format of user-view.json; each step says the users and who was asked.</param>
/// <param name="UsersJson">The users that it ends with: a JSON array.</param>
public sealed record Sequence(string Name, string Json, string UsersJson);
