using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What a node needs to know to go on with a connection of another.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Moves">How often it has moved from node to node.</param>
/// <param name="Tokens">The tokens that resume it.</param>
/// <param name="UserId">Who the server verified it to be, if anyone: nobody else may resume it.</param>
/// <param name="Owner">What stands for the client's key, if it has one.</param>
/// <param name="Metadata">The connection's metadata; absent if none.</param>
public sealed record SavedSession(string ConnectionId, int Moves, IReadOnlyList<string> Tokens, string? UserId, string? Owner, RawJson Metadata);
