using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What brings a receiver up to date: a diff, or else a snapshot in bytes that many receivers share.</summary>
internal readonly record struct CatchUpAnswer(RosterDiff? Diff, ReadOnlyMemory<byte> Snapshot)
{
    /// <summary>How much one answer may hold of diffs, which are written for one receiver (protocol §9).</summary>
    public const int MostDiffBytes = 1024 * 1024;
}
