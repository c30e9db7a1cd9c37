using Mesh.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server;

/// <summary>One command on its way through middleware to its handler.</summary>
public sealed class CommandContext
{
    private readonly IServiceScopeFactory _scopes;
    private readonly MeshJsonOptions _json;
    private AsyncServiceScope? _scope;
    private bool _isAnswered;

    internal CommandContext(Transport transport, InboundFrame frame, IServiceScopeFactory scopes, MeshJsonOptions json)
    {
        (Transport, Frame, _scopes, _json) = (transport, frame, scopes, json);
        Connection = transport.Connection;
    }

    /// <summary>The connection that sent the command.</summary>
    public MeshConnection Connection { get; }

    /// <summary>The command's name.</summary>
    public string Command => Frame.Command;

    /// <summary>The payload as it was sent; absent if there was none. Copy what you keep.</summary>
    public RawJson Payload => Frame.Payload;

    /// <summary>Services in a scope of this command, made when first asked for.</summary>
    public IServiceProvider Services => (_scope ??= _scopes.CreateAsyncScope()).ServiceProvider;

    /// <summary>Cancelled when the connection's WebSocket is gone.</summary>
    public CancellationToken CancellationToken => Transport.Gone;

    /// <summary>
    /// Reads the payload as <typeparamref name="T"/>, by <see cref="MeshJsonOptions"/>; the default if it is absent. That of Mesh's own commands, which
    /// middleware may look at before it is passed on as it was sent, by its strict form: names are exact, none comes twice, and
    /// <typeparamref name="T"/> has them all.
    /// </summary>
    /// <exception cref="MeshException"><c>EINVALID</c>: the payload is no <typeparamref name="T"/>.</exception>
    public T? ReadPayload<T>() => AppJson.Deserialize<T>(Payload, RegisteredCommand.IsMeshs(Command) ? _json.Strict : _json.SerializerOptions);

    /// <summary>Ends the command's scope.</summary>
    internal ValueTask EndAsync() => _scope?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal Transport Transport { get; }

    internal InboundFrame Frame { get; }

    internal MeshJsonOptions Json => _json;

    /// <summary>True once the command has its answer, or that is on its way.</summary>
    internal bool IsAnswered => Volatile.Read(ref _isAnswered);

    /// <summary>Claims the one answer a command has; false if it has it already.</summary>
    internal bool TryAnswer() => !Interlocked.Exchange(ref _isAnswered, true);

    /// <summary>The same, for handlers that answer themselves.</summary>
    /// <exception cref="InvalidOperationException">It has its answer: middleware did not wait for it, or runs it again.</exception>
    internal void Answer()
    {
        if (!TryAnswer()) throw HadItsAnswer();
    }

    /// <summary>Before something is done that nobody would be told of.</summary>
    /// <exception cref="InvalidOperationException">It has its answer.</exception>
    internal void ThrowIfAnswered()
    {
        if (IsAnswered) throw HadItsAnswer();
    }

    private InvalidOperationException HadItsAnswer() => new($"{Command} has had its answer: middleware went on before it, or runs it again.");
}
