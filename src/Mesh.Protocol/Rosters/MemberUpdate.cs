using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>What is new about one member: its state, its metadata, or both (protocol §10).</summary>
public sealed record MemberUpdate
{
    /// <summary>The member's number.</summary>
    public required int Number { get; init; }

    /// <summary>The new state, <c>null</c> if cleared. Means something only together with <see cref="Stamp"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson State { get; init; }

    /// <summary>The state's stamp; null if the state is as it was.</summary>
    public Stamp? Stamp { get; init; }

    /// <summary>The state's deadline, in the server's milliseconds since 1970; null for none.</summary>
    public long? Deadline { get; init; }

    /// <summary>The new metadata, <c>null</c> if removed; absent if it is as it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RawJson Metadata { get; init; }

    /// <summary>This update followed by <paramref name="later"/>, as one.</summary>
    public MemberUpdate Then(MemberUpdate later)
    {
        ArgumentNullException.ThrowIfNull(later);
        var both = later.Stamp is null ? later with { State = State, Stamp = Stamp, Deadline = Deadline } : later;
        return later.Metadata.IsAbsent ? both with { Metadata = Metadata } : both;
    }
}
