namespace Mesh.Simulation;

/// <summary>A fault that is put in on purpose: the simulation is to find it (docs/simulation.md).</summary>
internal enum Planted
{
    Nothing,

    /// <summary>The store does not look whose a member is.</summary>
    NoOwnerCheck,

    /// <summary>What was told while a node did not listen is lost, and nobody says so.</summary>
    LostLastMessage,

    /// <summary>The store comes back with a lower revision, in the same epoch.</summary>
    RevisionRolledBack,

    /// <summary>A state that is put back gets a new stamp.</summary>
    RestoreRaisesStamp,

    /// <summary>A node judges others without having renewed for as long as a lease lasts.</summary>
    ReapsAfterOutage,

    /// <summary>A node does not notice that its sessions, or the list of its rooms, are lost alone.</summary>
    LossUnnoticed,
}
