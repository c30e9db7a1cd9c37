using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What brings a receiver up to date: a diff, or else a snapshot in bytes that many receivers share.</summary>
internal readonly record struct CatchUpAnswer(RosterDiff? Diff, ReadOnlyMemory<byte> Snapshot);
