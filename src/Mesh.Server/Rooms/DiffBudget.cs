namespace Mesh.Server;

/// <summary>How much may be said by diffs, which are written for one receiver, while the bytes of snapshots are shared (protocol §9).</summary>
/// <param name="bytes">In all of them.</param>
internal sealed class DiffBudget(int bytes)
{
    private const int OfAnAnswer = 1024 * 1024;

    /// <summary>What is left.</summary>
    public int Left { get; private set; } = bytes;

    /// <summary>That of an answer, whatever number of rooms it is about.</summary>
    public static DiffBudget ForAnswer() => new(OfAnAnswer);

    /// <summary>Takes what a diff has; false if that is more than is left.</summary>
    public bool TryTake(int size)
    {
        if (size > Left) return false;
        Left -= size;
        return true;
    }
}
