namespace Mesh.Protocol;

/// <summary>What a server has before it after a text message (protocol §2).</summary>
public enum FrameKind
{
    /// <summary>A command with an id, which gets a response.</summary>
    Request,

    /// <summary>An answer to a ping or a latency request, which gets none.</summary>
    Liveness,

    /// <summary>Nothing that can be answered: no object, or no id.</summary>
    Ignored,

    /// <summary>An id without a command: answered <c>EINVALID</c>.</summary>
    Invalid,

    /// <summary>Not JSON, or nested too deep: the connection is closed with 1007.</summary>
    NotJson,
}
