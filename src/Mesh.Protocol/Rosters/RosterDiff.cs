using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>What changed in a room after revision <see cref="From"/>, up to and including <see cref="To"/> (protocol §10).</summary>
public sealed record RosterDiff
{
    /// <summary>The room, where the diff crosses the wire; else null.</summary>
    public string? RoomName { get; init; }

    /// <summary>The epoch of <see cref="To"/>.</summary>
    public required long Epoch { get; init; }

    /// <summary>The epoch of <see cref="From"/>, if it is another; never on the wire.</summary>
    public long? FromEpoch { get; init; }

    /// <summary>The revision before the changes.</summary>
    public required long From { get; init; }

    /// <summary>The revision after the changes.</summary>
    public required long To { get; init; }

    /// <summary>Members that joined and are still there, as they are at <see cref="To"/>.</summary>
    [JsonIgnore]
    public ImmutableArray<Member> Joined { get; init; } = [];

    /// <summary>What is new about members that were there before.</summary>
    [JsonIgnore]
    public ImmutableArray<MemberUpdate> Updated { get; init; } = [];

    /// <summary>The numbers of all members that left, also of those that had joined in between.</summary>
    [JsonIgnore]
    public ImmutableArray<int> Left { get; init; } = [];

    /// <summary>What some in <see cref="Left"/> said in between, for their siblings (protocol §9). Nothing of it goes into a roster.</summary>
    [JsonIgnore]
    public ImmutableArray<PartingState> Parting { get; init; } = [];

    /// <summary>True if nothing changed but, at most, the revision.</summary>
    [JsonIgnore]
    public bool IsEmpty => Joined.IsEmpty && Updated.IsEmpty && Left.IsEmpty;

    /// <summary>True if what some had said before they left is not in it, and perhaps not who came and went (protocol §10).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Missed { get; init; }

    /// <summary>True, on the wire, if its sender can't tell what changes elsewhere: what it shows may be stale (protocol §10).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stale { get; init; }

    // Empty lists are left out on the wire.

    [JsonInclude, JsonPropertyName("joined")]
    internal ImmutableArray<Member>? JoinedOnWire { get => Joined.IsEmpty ? null : Joined; init => Joined = Whole(value); }

    [JsonInclude, JsonPropertyName("updated")]
    internal ImmutableArray<MemberUpdate>? UpdatedOnWire { get => Updated.IsEmpty ? null : Updated; init => Updated = Whole(value); }

    [JsonInclude, JsonPropertyName("left")]
    internal ImmutableArray<int>? LeftOnWire { get => Left.IsEmpty ? null : Left; init => Left = value ?? []; }

    [JsonInclude, JsonPropertyName("parting")]
    internal ImmutableArray<PartingState>? PartingOnWire { get => Parting.IsEmpty ? null : Parting; init => Parting = Whole(value); }

    private static ImmutableArray<T> Whole<T>(ImmutableArray<T>? read) where T : class =>
        read is not { } list ? [] : list.Contains(null!) ? throw new JsonException("A list of a diff has a null in it.") : list;

    /// <summary>Equal by content.</summary>
    public bool Equals(RosterDiff? other) =>
        other is not null && RoomName == other.RoomName && Epoch == other.Epoch && FromEpoch == other.FromEpoch
        && From == other.From && To == other.To && Missed == other.Missed && Stale == other.Stale && Joined.AsSpan().SequenceEqual(other.Joined.AsSpan())
        && Updated.AsSpan().SequenceEqual(other.Updated.AsSpan()) && Left.AsSpan().SequenceEqual(other.Left.AsSpan())
        && Parting.AsSpan().SequenceEqual(other.Parting.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, From, To, Joined.Length, Updated.Length, Left.Length);
}
