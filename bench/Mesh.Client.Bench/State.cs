namespace Mesh.Client.Bench;

/// <summary>What the users publish.</summary>
internal sealed record State(string UserId, string Username, string Status);
