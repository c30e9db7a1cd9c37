using System.Collections.Frozen;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>A command by its name, with the middleware of its own.</summary>
internal sealed record RegisteredCommand(string Name, CommandDelegate Handler, IReadOnlyList<CommandMiddleware> Middleware)
{
    private static readonly FrozenSet<string> Liveness =
        new[] { CommandNames.Ping, CommandNames.Pong, CommandNames.Latency, CommandNames.LatencyRequest, CommandNames.LatencyResponse }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a command of this name is Mesh's, of which an application has none.</summary>
    public static bool IsMeshs(string name) => name.StartsWith("mesh/", StringComparison.Ordinal);

    /// <summary>A command of an application, whose name must not be one that Mesh sends or answers itself.</summary>
    public static RegisteredCommand OfApplication<TPayload, TResult>(
        string name, Func<CommandContext, TPayload, Task<TResult>> handler, CommandMiddleware[] middleware)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(handler);
        if (IsMeshs(name) || Liveness.Contains(name))
            throw new ArgumentException($"\"{name}\" is a name of Mesh's own.", nameof(name));
        if (IsTask(typeof(TResult))) throw new ArgumentException("A handler returns Task, Task<TResult> or a result that is no task.", nameof(handler));
        return new(name, async context => AppJson.Serialize(await handler(context, context.ReadPayload<TPayload>()!), context.Json.SerializerOptions), middleware);
    }

    /// <summary>The same handler with an absent result.</summary>
    public static Func<CommandContext, TPayload, Task<RawJson>> WithoutResult<TPayload>(Func<CommandContext, TPayload, Task> handler) => async (context, payload) =>
    {
        await handler(context, payload);
        return default;
    };

    // Nobody would wait for it, and it would be written to the client.
    private static bool IsTask(Type type) =>
        typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));
}
