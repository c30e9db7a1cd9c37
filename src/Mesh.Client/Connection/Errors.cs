using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The errors that a client makes itself (protocol §13).</summary>
internal static class Errors
{
    public static MeshException Closed(string command) => new(ErrorCodes.Closed, $"{command}: the connection is closed");

    public static MeshException Closed(string url, int code, string reason) =>
        new(ErrorCodes.Closed, $"The connection to {url} ended ({code}{(reason.Length == 0 ? "" : ": " + reason)})");

    public static MeshException Timeout(string command, TimeSpan timeout) =>
        new(ErrorCodes.Timeout, FormattableString.Invariant($"{command}: no response within {timeout.TotalMilliseconds} ms"));

    public static MeshException NotConnected(string command, TimeSpan timeout) =>
        new(ErrorCodes.Timeout, FormattableString.Invariant($"{command}: not connected within {timeout.TotalMilliseconds} ms"));

    public static MeshException TooLarge(string command, int limit) =>
        new(ErrorCodes.TooLarge, FormattableString.Invariant($"{command}: more than the {limit} bytes that the server takes"));

    public static MeshException Unreadable(string command) =>
        new(ErrorCodes.Server, $"{command}: the response is not what was expected");

    /// <summary>The connection goes on with the authentication it has.</summary>
    public static MeshException NotRenewed(string reason) => new(ErrorCodes.Forbidden, $"The authentication was not renewed: {reason}");

    public static MeshException AnotherUser() => new(ErrorCodes.Closed, "The client is another user's now: what was not said yet is void");

    public static MeshException Disposed() => new(ErrorCodes.Disposed, "The presence was disposed");

    /// <summary>A plain server does not say why it refuses.</summary>
    public static MeshException Refused() =>
        new(ErrorCodes.Forbidden, "The server refused: presence is not tracked in this room, or guarded");
}
