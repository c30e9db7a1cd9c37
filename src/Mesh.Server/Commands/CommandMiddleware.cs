using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// Runs around a command: returns what <paramref name="next"/> returns, something else, or throws
/// <see cref="MeshException"/> to refuse with a code of its own. <c>mesh/enter</c> and <c>mesh/subscribe-presence</c> are answered
/// already when <paramref name="next"/> returns, since no event may go before their answer: what is returned then changes nothing, and
/// what is thrown is logged. A command has one answer, the first: whoever does not wait for
/// <paramref name="next"/> can't know what has come of it, and its token is not cancelled.
/// </summary>
public delegate ValueTask<RawJson> CommandMiddleware(CommandContext context, CommandDelegate next);
