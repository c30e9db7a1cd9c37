namespace Mesh.Faults;

/// <summary>A user as a view shows them.</summary>
internal readonly record struct Shown(string UserId, string? Mark, int Tabs);
