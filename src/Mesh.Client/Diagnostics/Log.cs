using Microsoft.Extensions.Logging;

namespace Mesh.Client;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Connected to {Url} as {ConnectionId} (resumed: {Resumed}).")]
    public static partial void Connected(this ILogger log, string url, string connectionId, bool resumed);

    [LoggerMessage(2, LogLevel.Information, "The connection to {Url} ended with {Code} ({Reason}).")]
    public static partial void Ended(this ILogger log, string url, int code, string reason);

    [LoggerMessage(3, LogLevel.Warning, "An attempt to connect to {Url} failed ({Reason}).")]
    public static partial void AttemptFailed(this ILogger log, string url, string reason);

    [LoggerMessage(4, LogLevel.Debug, "The next attempt to connect to {Url} comes in {Delay}.")]
    public static partial void WillRetry(this ILogger log, string url, TimeSpan delay);

    [LoggerMessage(5, LogLevel.Warning, "The client of {Url} gives up ({Reason}).")]
    public static partial void GaveUp(this ILogger log, string url, string reason);

    [LoggerMessage(6, LogLevel.Error, "A WebSocket failed in an unexpected way and was ended.")]
    public static partial void TransportFailed(this ILogger log, Exception failure);

    [LoggerMessage(7, LogLevel.Warning, "The server sent a {Command} that can't be read; it was ignored.")]
    public static partial void Unreadable(this ILogger log, string command, Exception failure);

    [LoggerMessage(8, LogLevel.Warning, "Something was refused ({Code}): {Reason}")]
    public static partial void Refused(this ILogger log, string code, string reason);

    [LoggerMessage(9, LogLevel.Error, "A callback of the application failed ({Callback}).")]
    public static partial void CallbackFailed(this ILogger log, string callback, Exception failure);

    [LoggerMessage(10, LogLevel.Warning, "Callbacks of the application are too slow: more than {Most} wait, and what comes now is dropped.")]
    public static partial void CallbacksDropped(this ILogger log, int most);

    [LoggerMessage(11, LogLevel.Warning, "Storage failed; what it was to keep is kept in memory.")]
    public static partial void StorageFailed(this ILogger log, Exception failure);

    [LoggerMessage(12, LogLevel.Debug, "A state in room {Room} can't be read as {Type}; its connection {ConnectionId} is not listed.")]
    public static partial void StateUnreadable(this ILogger log, string room, string type, string connectionId, Exception failure);

    [LoggerMessage(13, LogLevel.Warning, "The state identifier failed in room {Room}; connection {ConnectionId} is not listed.")]
    public static partial void IdentifierFailed(this ILogger log, string room, string connectionId, Exception failure);

    [LoggerMessage(14, LogLevel.Error, "The view of room {Room} could not be made.")]
    public static partial void ViewFailed(this ILogger log, string room, Exception failure);

    [LoggerMessage(15, LogLevel.Warning, "The context that callbacks run on ({Context}) takes nothing any more.")]
    public static partial void ContextGone(this ILogger log, string context, Exception failure);

    [LoggerMessage(16, LogLevel.Warning, "The source of jitter failed; another one was asked.")]
    public static partial void JitterFailed(this ILogger log, Exception failure);

    [LoggerMessage(17, LogLevel.Information, "The authentication at {Url} of {ConnectionId} was renewed by another WebSocket.")]
    public static partial void Renewed(this ILogger log, string url, string connectionId);
}
