using System.Text.Json.Serialization;
using Mesh.Protocol;

namespace Mesh.Client;

internal sealed record RoomRequest(string RoomName);

/// <summary>What this client has already.</summary>
internal sealed record KnownRevision(long Epoch, long Revision);

internal sealed record SubscribeRequest(string RoomName, bool? Diffs, KnownRevision? Known);

/// <summary>A state to be published; null clears.</summary>
internal sealed record Publication(RawJson State, long? ExpireAfter = null, bool? Silent = null);

/// <summary>A state to be put back.</summary>
internal sealed record Restoration(RawJson State, Stamp? Stamp, long? Deadline);

internal sealed record PublishRequest(string RoomName, RawJson State, long? ExpireAfter, bool? Silent);

internal sealed record RestoreRequest(string RoomName, RawJson State, Stamp? Stamp, long? Deadline);

internal sealed record EnterRoom(string RoomName)
{
    public Publication? Publish { get; init; }

    public Restoration? Restore { get; init; }

    public KnownRevision? Known { get; init; }
}

/// <summary>The rooms are serialized before, so that their sizes are known.</summary>
internal sealed record EnterRequest(IReadOnlyList<RawJson> Rooms);

internal sealed record EnterResult(IReadOnlyList<EnteredRoom?>? Rooms);

internal sealed record EnteredRoom
{
    public bool Success { get; init; }

    public int? Number { get; init; }

    public Stamp? Stamp { get; init; }

    public long? Deadline { get; init; }

    public bool? Restored { get; init; }

    public string? Reason { get; init; }

    public Roster? Snapshot { get; init; }

    public RosterDiff? Diff { get; init; }

    public RawJson Error { get; init; }
}

internal sealed record PublishResult(Stamp? Stamp, long? Deadline);

internal sealed record RestoreResult(bool Restored, string? Reason);

internal sealed record JoinResult(bool Success, IReadOnlyList<PlainMember?>? Present);

internal sealed record SubscribeResult(bool Success, IReadOnlyList<PlainMember?>? Present, IReadOnlyDictionary<string, RawJson>? States, Roster? Snapshot, RosterDiff? Diff);

internal sealed record StatesResult(bool Success, IReadOnlyList<string?>? Present, IReadOnlyDictionary<string, RawJson>? States);

/// <summary>A connection as plain frames name it.</summary>
internal sealed record PlainMember(string Id, RawJson Metadata);

/// <summary>An event as plain clients know it.</summary>
internal sealed record PlainUpdate(string? Type, string? ConnectionId, string? RoomName, double Timestamp, RawJson State, RawJson Metadata)
{
    private static readonly double Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    [JsonIgnore]
    public bool IsWhole => Type is "join" or "leave" or "state" && ConnectionId is not null && RoomName is not null;

    /// <summary>Null if it is none.</summary>
    [JsonIgnore]
    public DateTimeOffset? Time => Timestamp >= 0 && Timestamp <= Latest ? DateTimeOffset.FromUnixTimeMilliseconds((long)Timestamp) : null;
}
