namespace Mesh.Client.Tests;

/// <summary>What the users of the tests publish.</summary>
public sealed record State(string UserId, string Status);
