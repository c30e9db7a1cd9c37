using Microsoft.AspNetCore.Builder;

namespace Mesh.Server;

/// <summary>What <c>MapMesh</c> returns: takes endpoint conventions such as <c>RequireAuthorization()</c>, and commands.</summary>
public sealed class MeshEndpointBuilder : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder _endpoint;
    private readonly CommandTable _commands;

    internal MeshEndpointBuilder(IEndpointConventionBuilder endpoint, CommandTable commands) => (_endpoint, _commands) = (endpoint, commands);

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention) => _endpoint.Add(convention);

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention) => _endpoint.Finally(finallyConvention);

    /// <summary>Adds a command with an asynchronous handler, for all Mesh endpoints of the application.</summary>
    /// <typeparam name="TPayload">What the payload is read as; <see cref="Protocol.RawJson"/> for the bytes as sent.</typeparam>
    /// <typeparam name="TResult">What the result is written from.</typeparam>
    /// <param name="name">The command's name.</param>
    /// <param name="handler">Handles it; throws <see cref="Protocol.MeshException"/> to refuse with a code.</param>
    /// <param name="middleware">Runs around this command alone, inside the global middleware, in this order.</param>
    /// <exception cref="ArgumentException">The name is empty or begins with <c>mesh/</c>.</exception>
    /// <exception cref="InvalidOperationException">There is a command of that name.</exception>
    public MeshEndpointBuilder MapCommand<TPayload, TResult>(
        string name, Func<CommandContext, TPayload, Task<TResult>> handler, params CommandMiddleware[] middleware)
    {
        _commands.Add(RegisteredCommand.OfApplication(name, handler, middleware));
        return this;
    }

    /// <summary>Adds a command with an asynchronous handler that has no result. See the other overload for the parameters.</summary>
    public MeshEndpointBuilder MapCommand<TPayload>(
        string name, Func<CommandContext, TPayload, Task> handler, params CommandMiddleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return MapCommand<TPayload, Protocol.RawJson>(name, RegisteredCommand.WithoutResult(handler), middleware);
    }

    /// <summary>Adds a command whose handler needs no waiting. See the other overload for the parameters.</summary>
    public MeshEndpointBuilder MapCommand<TPayload, TResult>(
        string name, Func<CommandContext, TPayload, TResult> handler, params CommandMiddleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return MapCommand<TPayload, TResult>(name, (context, payload) => Task.FromResult(handler(context, payload)), middleware);
    }
}
