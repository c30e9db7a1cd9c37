namespace Mesh.Protocol;

/// <summary>The names of the protocol's own commands and events (protocol §4).</summary>
public static class CommandNames
{
#pragma warning disable CS1591 // The names say it.
    public const string AssignId = "mesh/assign-id";
    public const string Ping = "ping";
    public const string Pong = "pong";
    public const string Latency = "latency";
    public const string LatencyRequest = "latency:request";
    public const string LatencyResponse = "latency:response";
    public const string Noop = "mesh/noop";
    public const string JoinRoom = "mesh/join-room";
    public const string LeaveRoom = "mesh/leave-room";
    public const string SubscribePresence = "mesh/subscribe-presence";
    public const string UnsubscribePresence = "mesh/unsubscribe-presence";
    public const string PublishPresenceState = "mesh/publish-presence-state";
    public const string ClearPresenceState = "mesh/clear-presence-state";
    public const string GetPresenceState = "mesh/get-presence-state";
    public const string PresenceUpdate = "mesh/presence-update";
    public const string SetMyConnectionMetadata = "mesh/set-my-connection-metadata";
    public const string GetMyConnectionMetadata = "mesh/get-my-connection-metadata";
    public const string GetConnectionMetadata = "mesh/get-connection-metadata";
    public const string GetRoomMetadata = "mesh/get-room-metadata";
    public const string Session = "mesh/session";
    public const string Authenticate = "mesh/authenticate";
    public const string Enter = "mesh/enter";
    public const string Publish = "mesh/publish";
    public const string Restore = "mesh/restore";
    public const string PresenceDiff = "mesh/presence-diff";
#pragma warning restore CS1591
}
