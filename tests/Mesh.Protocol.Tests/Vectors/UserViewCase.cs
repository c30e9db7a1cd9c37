using System.Collections.Immutable;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>A case of user-view.json, or a generated sequence in the same format.</summary>
public sealed record UserViewCase(string Name, Identifier Identifier, ImmutableArray<UserViewStep> Steps) : IVectorCase;

public sealed record UserViewStep(
    Roster? Roster = null, RosterDiff? Diff = null, UserViewAnswer? Answer = null, ImmutableArray<ExpectedUser>? Users = null, string[]? Asked = null);

public sealed record UserViewAnswer(string ConnectionId, Stamp Stamp, RawJson Id = default, bool Throws = false);

public sealed record ExpectedUser(string Id, RawJson State, int TabCount, bool Verified = false)
{
    public UserEntry ToEntry() => new(Id, State, TabCount, Verified);
}
