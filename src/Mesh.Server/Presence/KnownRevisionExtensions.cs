using Mesh.Protocol;

namespace Mesh.Server;

internal static class KnownRevisionExtensions
{
    public static Stamp? ToStamp(this KnownRevision? known) => known is null ? null : new(known.Epoch, known.Revision);
}
