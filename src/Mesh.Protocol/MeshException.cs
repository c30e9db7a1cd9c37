namespace Mesh.Protocol;

/// <summary>A refusal with a code: thrown by handlers to answer it, and by clients that received it (protocol §3, §13).</summary>
/// <param name="code">One of <see cref="ErrorCodes"/>, or an application's own.</param>
/// <param name="message">What went wrong, as the other side may read it.</param>
public class MeshException(string code, string message) : Exception(message)
{
    /// <summary>The error code.</summary>
    public string Code { get; } = code;

    /// <summary>The error's class as it stands on the wire. Default: <c>CommandError</c>.</summary>
    public string Name { get; init; } = "CommandError";
}
