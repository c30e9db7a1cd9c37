namespace Mesh.Protocol;

/// <summary>One user of a room, as an application shows it (protocol §11).</summary>
/// <param name="Id">The user's id: what the server verified, or else what the state identifier returned.</param>
/// <param name="State">The state that any of the user's members published last, as received.</param>
/// <param name="TabCount">How many members of the room are this user.</param>
/// <param name="Verified">True if the server vouches for <paramref name="Id"/>; otherwise it is a claim.</param>
public sealed record UserEntry(string Id, RawJson State, int TabCount, bool Verified = false);
