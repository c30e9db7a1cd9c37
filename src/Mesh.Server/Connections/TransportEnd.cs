using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>How a WebSocket ended.</summary>
/// <param name="Code">The close code; 1006 if there was none.</param>
/// <param name="ByServer">True if the server closed it.</param>
internal readonly record struct TransportEnd(int Code, bool ByServer)
{
    public const int Dropped = 1006;

    /// <summary>How long the members of a session stay after it (protocol §8).</summary>
    public TimeSpan Grace(MeshOptions options) => (Code, ByServer) switch
    {
        (CloseCodes.GoingAway, false) => options.ReloadGrace,
        (Dropped, _) => options.Grace,
        (CloseCodes.Normal, true) => TimeSpan.Zero,
        (_, true) when CloseCodes.MeansReconnect(Code) => options.Grace,
        _ => TimeSpan.Zero,
    };
}
