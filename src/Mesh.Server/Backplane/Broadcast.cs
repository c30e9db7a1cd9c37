using System.Collections.Immutable;

namespace Mesh.Server;

/// <summary>A frame for many connections.</summary>
/// <param name="Room">Whose members get it; null for all connections.</param>
/// <param name="Frame">The UTF-8 bytes, written once.</param>
/// <param name="Except">The ids of connections that do not get it.</param>
public sealed record Broadcast(string? Room, ReadOnlyMemory<byte> Frame, ImmutableHashSet<string> Except);
