using Mesh.Protocol;

namespace Mesh.Server;

internal sealed record RoomRequest(string? RoomName);

internal sealed record SuccessResult(bool Success);

internal sealed record JoinResult(bool Success, IEnumerable<PresentMember> Present);

/// <summary>A member as plain clients see it.</summary>
internal sealed record PresentMember(string Id, RawJson Metadata)
{
    public static IEnumerable<PresentMember> Of(Roster roster) => roster.Members.Select(it => new PresentMember(it.ConnectionId, it.Metadata));
}
