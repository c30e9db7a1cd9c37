namespace Mesh.Server;

/// <summary>A command by its name, with the middleware of its own.</summary>
internal sealed record RegisteredCommand(string Name, CommandDelegate Handler, IReadOnlyList<CommandMiddleware> Middleware)
{
    /// <summary>A command of an application, whose name must not be one that Mesh sends or answers itself.</summary>
    public static RegisteredCommand OfApplication<TPayload, TResult>(
        string name, Func<CommandContext, TPayload, Task<TResult>> handler, CommandMiddleware[] middleware)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(handler);
        if (name.StartsWith("mesh/", StringComparison.Ordinal)) throw new ArgumentException("Names that begin with \"mesh/\" are Mesh's own.", nameof(name));
        return new(name, async context => AppJson.Serialize(await handler(context, context.ReadPayload<TPayload>()!), context.Json), middleware);
    }
}
