namespace Mesh.Server;

/// <summary>
/// The generations that this node has been told are dead, the latest of them: a Redis that has lost its last changes may have lost that,
/// and have their members again.
/// </summary>
internal sealed class KnownDead
{
    /// <summary>Beyond it the oldest is forgotten: should it come back, it is dead again once it has not renewed its lease.</summary>
    public const int Most = 256;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _byAge = new();

    public string[] All => [.. _byAge];

    public void Add(string generation)
    {
        if (!_known.Add(generation)) return;
        _byAge.Enqueue(generation);
        if (_byAge.Count > Most) _known.Remove(_byAge.Dequeue());
    }
}
