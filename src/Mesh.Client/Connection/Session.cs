using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What a connection begins with (protocol §8).</summary>
/// <param name="ConnectionId">The connection's id.</param>
internal sealed record Session(string ConnectionId)
{
    /// <summary>The server knows of no sessions.</summary>
    public bool IsPlain { get; init; }

    /// <summary>The connection is the one that dropped.</summary>
    public bool IsResumed { get; init; }

    /// <summary>To resume with.</summary>
    public string? Token { get; init; }

    /// <summary>There if the server has verified who this is.</summary>
    public string? UserId { get; init; }

    /// <summary>After which the authentication ends of itself; null if it does not.</summary>
    public TimeSpan? AuthenticatedFor { get; init; }

    /// <summary>Opens a session, or finds that the server is a plain one. To be called with the gate held.</summary>
    public static void Open(Link link, string? token, string clientKey, TimeSpan timeout, Action<Session> opened, Action<MeshException> failed) =>
        link.Request(
            CommandNames.Session,
            new SessionRequest(token, clientKey),
            ClientJson.Default.SessionRequest,
            ClientJson.Default.SessionResult,
            timeout,
            (result, error) =>
            {
                if (error is { Code: ErrorCodes.NotFound }) link.WhenAssigned(id => opened(new(id) { IsPlain = true }));
                else if (result is null) failed(error!);
                else opened(Begin(link, result));
            });

    private static Session Begin(Link link, SessionResult result)
    {
        if (result.PingInterval is > 0 and < 1 << 29) link.PingInterval = TimeSpan.FromMilliseconds(result.PingInterval.Value);
        if (result.Limits?.Message is > 0 and var limit) link.MessageLimit = limit;
        return new(result.ConnectionId) { IsResumed = result.Resumed, Token = result.Token, UserId = result.UserId, AuthenticatedFor = AuthenticatedResult.Time(result.AuthenticatedFor) };
    }
}
