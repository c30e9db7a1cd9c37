namespace Mesh.Simulation;

/// <summary>Faults that the product does not stand, or not all of them: they come only when asked for (docs/simulation.md).</summary>
[Flags]
internal enum Hazards
{
    None = 0,

    /// <summary>What was sent to the store over a connection that was given up arrives all the same, seconds later.</summary>
    LateCommands = 1,

    /// <summary>The store loses its last changes while nodes and clients fail too, so that perhaps nobody is left who knows of them.</summary>
    LossAmongFaults = 2,

    /// <summary>Clocks of nodes are wrong by up to a minute, so that states expire that much too early or too late.</summary>
    WrongClocks = 4,

    /// <summary>States expire everywhere, also where a tab that is gone held an older one than the others.</summary>
    Expiries = 8,
}
