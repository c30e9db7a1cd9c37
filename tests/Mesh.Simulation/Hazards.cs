namespace Mesh.Simulation;

/// <summary>Faults that the product does not stand, or not all of them: they come only when asked for (docs/simulation.md).</summary>
[Flags]
internal enum Hazards
{
    None = 0,

    /// <summary>What was sent to the store over a connection that was given up arrives all the same, seconds later.</summary>
    LateCommands = 1,

    /// <summary>States expire everywhere, also where a tab that is gone held an older one than the others.</summary>
    Expiries = 2,
}
