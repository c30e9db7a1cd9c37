namespace Mesh.Simulation;

/// <summary>What a user published, and what came of it.</summary>
/// <param name="Client">By which tab.</param>
/// <param name="Room">Where.</param>
/// <param name="Value">What; null for a clear.</param>
/// <param name="ExpireAfter">After which it becomes null.</param>
/// <param name="Began">When it was asked for.</param>
internal sealed record Publication(SimulatedClient Client, string Room, int? Value, TimeSpan? ExpireAfter, TimeSpan Began)
{
    /// <summary>When it was acknowledged; without that it may take effect at any time, or never.</summary>
    public TimeSpan? Acknowledged { get; set; }

    /// <summary>Where the room was when it was asked for, if that was over a connection; what goes with an entry clears what that finds.</summary>
    public Stamp? SaidAt { get; init; }

    /// <summary>Whether it cleared nothing, at once or having expired before it could be said: that reaches nobody, and has no stamp (protocol §9).</summary>
    public bool IsVain { get; set; }

    /// <summary>The tabs that have shown it.</summary>
    public HashSet<SimulatedClient> ShownBy { get; } = [];

    /// <summary>What is left of it in the end.</summary>
    public int? Last => ExpireAfter is null ? Value : null;

    public override string ToString() =>
        $"{Value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"} ({Client.Machine.Name}, {Began.TotalSeconds:f3}–{Acknowledged?.TotalSeconds:f3} s{(ExpireAfter is null ? "" : ", expires")})";
}
