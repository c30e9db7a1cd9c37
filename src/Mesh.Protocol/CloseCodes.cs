namespace Mesh.Protocol;

/// <summary>The WebSocket close codes that mean something to Mesh (protocol §14).</summary>
public static class CloseCodes
{
    /// <summary>Done: a session's members leave at once.</summary>
    public const int Normal = 1000;

    /// <summary>A page goes away, or the server shuts down.</summary>
    public const int GoingAway = 1001;

    /// <summary>A binary message.</summary>
    public const int Binary = 1003;

    /// <summary>Not JSON, or not UTF-8.</summary>
    public const int NotJson = 1007;

    /// <summary>A message over the limit.</summary>
    public const int TooBig = 1009;

    /// <summary>The server failed.</summary>
    public const int ServerFailed = 1011;

    /// <summary>No sign of life for two ping intervals.</summary>
    public const int Silent = 4000;

    /// <summary>The receiver is too slow for its outbound queue.</summary>
    public const int SlowReceiver = 4001;

    /// <summary>Another connection resumed this session: reconnect without the token.</summary>
    public const int Resumed = 4002;

    /// <summary>The application ended the connection. This and all up to <see cref="LastFinal"/> mean: do not reconnect.</summary>
    public const int Ended = 4100;

    /// <summary>The connection's authentication is over: it expired, or was revoked.</summary>
    public const int AuthenticationEnded = 4101;

    /// <summary>The last of the codes after which a client does not reconnect.</summary>
    public const int LastFinal = 4199;

    /// <summary>True if a client that did not ask for the end itself reconnects after it.</summary>
    public static bool MeansReconnect(int code) => code is < Ended or > LastFinal;
}
