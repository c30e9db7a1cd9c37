using System.Text.Json.Serialization;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What is stored beside a state, as the browser client stores it too.</summary>
internal sealed record StampRecord
{
    public Stamp? Stamp { get; init; }

    public long? Deadline { get; init; }

    public long? Expires { get; init; }

    /// <summary>The room in which the stamp is.</summary>
    public string? Room { get; init; }

    /// <summary>Whose the state is, as the server has verified; null: nobody's.</summary>
    public string? User { get; init; }

    /// <summary>True: stored before it was known whose it is; else null.</summary>
    public bool? Early { get; init; }

    /// <summary>The text of the state that this is about; null: there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? State { get; init; }
}
