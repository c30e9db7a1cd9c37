using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>A room's snapshot as bytes, written once for all who ask for the same revision. Used under the room's lock.</summary>
internal sealed class SnapshotCache
{
    private Roster? _roster;
    private ReadOnlyMemory<byte> _bytes;

    public ReadOnlyMemory<byte> Of(Roster roster)
    {
        if (!ReferenceEquals(roster, _roster))
            (_roster, _bytes) = (roster, JsonSerializer.SerializeToUtf8Bytes(roster, ProtocolJson.Default.Roster));
        return _bytes;
    }
}
