using System.Text.Json.Serialization;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The rooms are kept raw until their turn, so that a bad one leaves the others alone.</summary>
internal sealed record EnterRequest(IReadOnlyList<RawJson>? Rooms);

/// <summary>One room of <c>mesh/enter</c>; its parts are kept raw, so that the answer to a bad one still names the room.</summary>
internal sealed record RoomEntry(string? RoomName, RawJson Publish, RawJson Restore, RawJson Known);

internal sealed record RestoreRequest(string? RoomName, RawJson State, Stamp? Stamp, long? Deadline);

/// <summary>What came of one room of <c>mesh/enter</c>; <c>snapshot</c> is written behind it, since its bytes are shared.</summary>
internal sealed record EnteredRoom(string? RoomName, bool Success)
{
    public int? Number { get; init; }

    public Stamp? Stamp { get; init; }

    public long? Deadline { get; init; }

    public bool? Restored { get; init; }

    public string? Reason { get; init; }

    public RosterDiff? Diff { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson Error { get; init; }
}

internal sealed record PublishResult([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] Stamp? Stamp, long? Deadline);

internal sealed record RestoreResult(bool Restored, string? Reason);
