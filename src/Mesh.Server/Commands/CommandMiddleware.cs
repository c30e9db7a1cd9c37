using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// Runs around a command: returns what <paramref name="next"/> returns, something else, or throws
/// <see cref="MeshException"/> to refuse with a code of its own.
/// </summary>
public delegate ValueTask<RawJson> CommandMiddleware(CommandContext context, CommandDelegate next);
