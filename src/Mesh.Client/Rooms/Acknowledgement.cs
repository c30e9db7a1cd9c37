using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What the server said to a publication, or to what was said with an entry.</summary>
/// <param name="Stamp">That of the state; null from a plain server, or where there was nothing to clear.</param>
/// <param name="Deadline">The server's milliseconds since 1970; null: never.</param>
internal readonly record struct Acknowledgement(Stamp? Stamp, long? Deadline = null)
{
    /// <summary>False where there was nothing to clear. Said of publications only.</summary>
    public bool HasChanged { get; init; }

    /// <summary>Whether what was to be restored was.</summary>
    public bool Restored { get; init; }

    /// <summary>Why it was not.</summary>
    public string? Reason { get; init; }
}
