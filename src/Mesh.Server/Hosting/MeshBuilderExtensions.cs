using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server;

/// <summary>What can be configured on <see cref="IMeshBuilder"/>: tracked rooms, commands, middleware.</summary>
public static class MeshBuilderExtensions
{
    /// <summary>Tracks presence in the rooms of that name; <c>*</c> stands for any characters and <c>?</c> for one. The first rule that matches a room counts.</summary>
    /// <param name="mesh">The builder.</param>
    /// <param name="pattern">An exact name or a glob, such as <c>*</c> or <c>game:*</c>.</param>
    /// <param name="configure">Sets guard and TTL. Default: neither.</param>
    /// <exception cref="ArgumentOutOfRangeException">The TTL is not more than 0 and up to 24 days.</exception>
    public static IMeshBuilder TrackPresence(this IMeshBuilder mesh, string pattern, Action<PresenceRoomOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        return mesh.Track(options => PresenceRule.For(pattern, options), configure);
    }

    /// <summary>Tracks presence in the rooms whose name the expression matches somewhere: anchor it to mean the whole name.</summary>
    /// <param name="mesh">The builder.</param>
    /// <param name="pattern">The expression. Give it a timeout, or <see cref="RegexOptions.NonBacktracking"/>: names come from strangers. A room that takes it longer is closed to everyone.</param>
    /// <param name="configure">Sets guard and TTL. Default: neither.</param>
    /// <exception cref="ArgumentOutOfRangeException">The TTL is not more than 0 and up to 24 days.</exception>
    public static IMeshBuilder TrackPresence(this IMeshBuilder mesh, Regex pattern, Action<PresenceRoomOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return mesh.Track(options => PresenceRule.For(pattern, options), configure);
    }

    /// <summary>Adds a command with an asynchronous handler.</summary>
    /// <typeparam name="TPayload">What the payload is read as; <see cref="Protocol.RawJson"/> for the bytes as sent.</typeparam>
    /// <typeparam name="TResult">What the result is written from.</typeparam>
    /// <param name="mesh">The builder.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="handler">Handles it; throws <see cref="Protocol.MeshException"/> to refuse with a code.</param>
    /// <param name="middleware">Runs around this command alone, inside the global middleware, in this order.</param>
    /// <exception cref="ArgumentException">The name is empty or begins with <c>mesh/</c>.</exception>
    public static IMeshBuilder AddCommand<TPayload, TResult>(
        this IMeshBuilder mesh, string name, Func<CommandContext, TPayload, Task<TResult>> handler, params CommandMiddleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(mesh);
        mesh.Services.AddSingleton(RegisteredCommand.OfApplication(name, handler, middleware));
        return mesh;
    }

    /// <summary>Adds a command with an asynchronous handler that has no result. See the other overload for the parameters.</summary>
    public static IMeshBuilder AddCommand<TPayload>(
        this IMeshBuilder mesh, string name, Func<CommandContext, TPayload, Task> handler, params CommandMiddleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return mesh.AddCommand<TPayload, Protocol.RawJson>(name, RegisteredCommand.WithoutResult(handler), middleware);
    }

    /// <summary>Adds a command whose handler needs no waiting. See the other overload for the parameters.</summary>
    public static IMeshBuilder AddCommand<TPayload, TResult>(
        this IMeshBuilder mesh, string name, Func<CommandContext, TPayload, TResult> handler, params CommandMiddleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return mesh.AddCommand<TPayload, TResult>(name, (context, payload) => Task.FromResult(handler(context, payload)), middleware);
    }

    /// <summary>Runs middleware around every command, Mesh's own too, in the order added.</summary>
    public static IMeshBuilder Use(this IMeshBuilder mesh, CommandMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(mesh);
        ArgumentNullException.ThrowIfNull(middleware);
        mesh.Services.AddSingleton(middleware);
        return mesh;
    }

    private static IMeshBuilder Track(this IMeshBuilder mesh, Func<PresenceRoomOptions, PresenceRule> rule, Action<PresenceRoomOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(mesh);
        var options = new PresenceRoomOptions();
        configure?.Invoke(options);
        if (options.Ttl is { } ttl && (ttl <= TimeSpan.Zero || ttl > TimeSpan.FromDays(24)))
            throw new ArgumentOutOfRangeException(nameof(configure), ttl, "A TTL is more than 0, and up to 24 days.");
        mesh.Services.AddSingleton(rule(options));
        return mesh;
    }
}
