using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Runs a command and returns its result; absent for none.</summary>
/// <exception cref="MeshException">The command is refused; the exception's code and message are the answer.</exception>
public delegate ValueTask<RawJson> CommandDelegate(CommandContext context);
