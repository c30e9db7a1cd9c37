namespace Mesh.Protocol;

/// <summary>The codes of error responses (protocol §13). An application may answer with codes of its own.</summary>
public static class ErrorCodes
{
    /// <summary>There is no such command.</summary>
    public const string NotFound = "ENOTFOUND";

    /// <summary>The payload is not what the command takes, or the command is not allowed at this point.</summary>
    public const string Invalid = "EINVALID";

    /// <summary>Presence is not tracked in this room.</summary>
    public const string NotTracked = "ENOTTRACKED";

    /// <summary>The room's guard said no, or a token is not valid.</summary>
    public const string Forbidden = "EFORBIDDEN";

    /// <summary>The application refuses this state: its guard of publishing, or its look at the state.</summary>
    public const string Refused = "EREFUSED";

    /// <summary>Only a member of the room may do this.</summary>
    public const string NotMember = "ENOTMEMBER";

    /// <summary>The state or metadata is over the limit.</summary>
    public const string TooLarge = "ETOOLARGE";

    /// <summary>Too many rooms on the connection, or members in the room.</summary>
    public const string Limit = "ELIMIT";

    /// <summary>Too many commands.</summary>
    public const string Rate = "ERATE";

    /// <summary>What nodes share is out of reach; perhaps the command took effect. It may be sent again.</summary>
    public const string Unavailable = "EUNAVAILABLE";

    /// <summary>The command's handler failed.</summary>
    public const string Server = "ESERVER";

    /// <summary>Made by clients: the connection ended or is closed.</summary>
    public const string Closed = "ECLOSED";

    /// <summary>Made by clients: no response came in time.</summary>
    public const string Timeout = "ETIMEOUT";

    /// <summary>Made by clients: the presence helper was disposed.</summary>
    public const string Disposed = "EDISPOSED";
}
