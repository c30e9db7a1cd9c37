namespace Mesh.Client;

/// <summary>What is said about the own state with the entry to a room: one of the two.</summary>
internal sealed record Opening
{
    public Intent? Intent { get; init; }

    /// <summary>The intent as it is sent.</summary>
    public Publication? Publish { get; init; }

    public OwnRecord? Restore { get; init; }
}
