using Microsoft.Extensions.Logging;

namespace Mesh.Server;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Command {Command} of connection {ConnectionId} failed.")]
    public static partial void CommandFailed(this ILogger log, string command, string connectionId, Exception failure);

    [LoggerMessage(2, LogLevel.Error, "A guard of room {Room} failed; the connection was refused.")]
    public static partial void GuardFailed(this ILogger log, string room, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "Room {Room} could not be read again: its view is stale, and it is tried again.")]
    public static partial void ResyncFailed(this ILogger log, string room, Exception failure);

    [LoggerMessage(4, LogLevel.Error, "A change that connection {ConnectionId} was due to make in a room failed.")]
    public static partial void RoomChangeFailed(this ILogger log, string connectionId, Exception failure);

    [LoggerMessage(5, LogLevel.Error, "A handler of the event {Event} failed for connection {ConnectionId}.")]
    public static partial void EventHandlerFailed(this ILogger log, string @event, string connectionId, Exception failure);

    [LoggerMessage(6, LogLevel.Debug, "Connection {ConnectionId} opened.")]
    public static partial void Opened(this ILogger log, string connectionId);

    [LoggerMessage(7, LogLevel.Debug, "The WebSocket of connection {ConnectionId} ended with {Code} (by the server: {ByServer}).")]
    public static partial void TransportEnded(this ILogger log, string connectionId, int code, bool byServer);

    [LoggerMessage(8, LogLevel.Debug, "Connection {ConnectionId} was resumed.")]
    public static partial void Resumed(this ILogger log, string connectionId);

    [LoggerMessage(9, LogLevel.Debug, "Connection {ConnectionId} ended.")]
    public static partial void Ended(this ILogger log, string connectionId);

    [LoggerMessage(10, LogLevel.Error, "Connection {ConnectionId} failed and was ended.")]
    public static partial void ConnectionFailed(this ILogger log, string connectionId, Exception failure);

    [LoggerMessage(11, LogLevel.Error, "The validator of states of room {Room} failed; the state was refused.")]
    public static partial void ValidatorFailed(this ILogger log, string room, Exception failure);

    [LoggerMessage(12, LogLevel.Debug, "The authentication of connection {ConnectionId} is over: {Reason}.")]
    public static partial void AuthenticationEnded(this ILogger log, string connectionId, string reason);

    [LoggerMessage(13, LogLevel.Error, "Room {Room} takes an expression of TrackPresence too long; the room is closed to everyone.")]
    public static partial void PatternTimedOut(this ILogger log, string room, Exception late);

    [LoggerMessage(14, LogLevel.Error, "What was registered for the end of connection {ConnectionId} failed.")]
    public static partial void AtItsEndFailed(this ILogger log, string connectionId, Exception failure);
}
