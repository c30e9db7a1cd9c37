namespace Mesh.Bounds;

/// <summary>The time of the cores that one run took: the server's, and that of this program, which is all of its clients.</summary>
internal sealed record Cost(TimeSpan Server, TimeSpan Generator)
{
    /// <summary>The clients were more work than the server: what was measured is theirs first.</summary>
    public bool IsMostlyGenerator => Generator > Server;
}
