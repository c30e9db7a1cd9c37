using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>One who wants to be in a room and to see it: a presence helper. All is called with the gate held.</summary>
internal interface IRoomHolder
{
    /// <summary>The roster is another one.</summary>
    /// <param name="diff">What led to it from the one before; null: take it whole.</param>
    /// <param name="after">The roster.</param>
    /// <param name="fresh">Whether that is all there is.</param>
    void Take(RosterDiff? diff, Roster after, bool fresh);

    /// <summary>Whether what was taken is all there is.</summary>
    void Freshen(bool fresh);

    /// <summary>What is stored from now on is this user's, and what another one has stored is not to be found.</summary>
    /// <param name="userId">As the server has verified; null: nobody.</param>
    /// <param name="said">What goes with it, if this has stored it.</param>
    void BelongTo(string? userId, OwnRecord? said);

    /// <summary>The user's state as it is stored now, maybe by another tab.</summary>
    OwnRecord? Stored { get; }

    /// <summary>Keeps the user's state.</summary>
    void Store(OwnRecord record);

    /// <summary>Where the refused one is stored, keeps the last instead.</summary>
    void Revert(OwnRecord refused, OwnRecord? last);

    /// <summary>The room can't be entered.</summary>
    void Fail(MeshException error);
}
