using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>A connection in a room, with what it has published (protocol §10).</summary>
public sealed record Member
{
    /// <summary>The connection's id.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>A small integer given at join, rising and unique in the epoch, by which diffs name the member.</summary>
    public required int Number { get; init; }

    /// <summary>Who the server verified this to be; null if nobody.</summary>
    public string? UserId { get; init; }

    /// <summary>An opaque id that connections of one user share within the room; null without a session.</summary>
    public string? Sibling { get; init; }

    /// <summary>The connection's metadata; absent if it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson Metadata { get; init; }

    /// <summary>The state: absent if none was ever published, JSON <c>null</c> if it was cleared or has expired.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson State { get; init; }

    /// <summary>When the state was published; null if none ever was.</summary>
    public Stamp? Stamp { get; init; }

    /// <summary>When the state becomes <c>null</c>, in the server's milliseconds since 1970; null for never.</summary>
    public long? Deadline { get; init; }

    /// <summary>When the member joined.</summary>
    public required Stamp JoinedAt { get; init; }

    /// <summary>This member after <paramref name="update"/>, whose number is not looked at.</summary>
    public Member With(MemberUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        var member = this;
        if (update.Stamp is { } stamp)
            member = member with { State = update.State.IsAbsent ? RawJson.Null : update.State, Stamp = stamp, Deadline = update.Deadline };
        if (!update.Metadata.IsAbsent)
            member = member with { Metadata = update.Metadata.IsNull ? default : update.Metadata };
        return member;
    }
}
