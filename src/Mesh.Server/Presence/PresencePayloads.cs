using System.Text.Json.Serialization;
using Mesh.Protocol;

namespace Mesh.Server;

internal sealed record SubscribeRequest(string? RoomName, bool Diffs, KnownRevision? Known);

/// <summary>What a receiver has already.</summary>
internal sealed record KnownRevision(long Epoch, long Revision);

internal sealed record StateRequest(string? RoomName, RawJson State, double? ExpireAfter, bool? Silent);

internal sealed record SubscribeResult(bool Success, IEnumerable<PresentMember> Present, IReadOnlyDictionary<string, RawJson>? States);

internal sealed record StatesResult(bool Success, IEnumerable<string> Present, IReadOnlyDictionary<string, RawJson>? States);

/// <summary>The event of a join or a leave.</summary>
internal sealed record PresenceMove(string Type, string ConnectionId, string RoomName, long Timestamp);

/// <summary>The event of a published, cleared or expired state.</summary>
internal sealed record PresenceState(string Type, string ConnectionId, string RoomName, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] RawJson State, long Timestamp);

/// <summary>The answer to a subscription by diffs; <c>snapshot</c> is written behind it, since its bytes are shared.</summary>
internal sealed record SubscribedToDiffs(bool Success)
{
    public RosterDiff? Diff { get; init; }
}
