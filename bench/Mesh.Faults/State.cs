namespace Mesh.Faults;

/// <summary>What users publish. The mark tells one publish from the others.</summary>
internal sealed record State(string UserId, string Mark);
