namespace Mesh.Bounds;

/// <summary>What members publish. The mark tells one publish from the others.</summary>
internal sealed record State(string UserId, string Mark);
