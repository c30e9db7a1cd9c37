using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What an <see cref="OwnState"/> asks for. All is called with the gate held, and nothing is answered within the call.</summary>
internal interface IOwnStateOwner
{
    void Publish(Publication publication, Action<Acknowledgement, MeshException?> answered);

    void Restore(OwnRecord record, Action<RestoreResult?, MeshException?> answered);

    /// <summary>What is stored now, maybe by another tab.</summary>
    IReadOnlyList<OwnRecord> Stored();

    /// <summary>Keeps what was acknowledged last.</summary>
    void Store(OwnRecord record);

    /// <summary>Where the refused one is stored, keeps the last instead.</summary>
    void Revert(OwnRecord refused, OwnRecord? last);
}
