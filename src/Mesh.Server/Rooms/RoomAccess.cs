using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>What the memberships of all connections share.</summary>
internal sealed class RoomAccess(
    IRoomStore store,
    RoomDirectory directory,
    PresenceRules presence,
    Sessions sessions,
    ConnectionRegistry connections,
    Persistence persistence,
    IOptions<MeshOptions> options,
    TimeProvider time,
    ILogger<Memberships> log)
{
    public IRoomStore Store { get; } = store;

    public RoomDirectory Directory { get; } = directory;

    public PresenceRules Presence { get; } = presence;

    public Sessions Sessions { get; } = sessions;

    public ConnectionRegistry Connections { get; } = connections;

    public IntentQueue Intents { get; } = new(persistence);

    public MeshOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public ILogger Log { get; } = log;
}
