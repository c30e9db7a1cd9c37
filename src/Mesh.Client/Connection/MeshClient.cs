using System.Text.Json;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Client;

/// <summary>
/// A connection to a Mesh server that stands up again whatever happens to it. Safe for use by several threads at once.
/// Events and other callbacks come in order and one at a time, on the <see cref="SynchronizationContext"/> that was the
/// current one when the client was made, if there was one; what they throw is logged. While one is slow up to 1,024 wait, and
/// what comes then is dropped and logged.
/// </summary>
public sealed partial class MeshClient : IConnectorOwner, IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly MeshClientOptions _options;
    private readonly CallbackQueue _callbacks;
    private readonly EventHandlers _handlers;
    private readonly Connector _connector;
    private bool _isDisposed;

    /// <summary>Makes a client that is offline.</summary>
    /// <param name="url">The server, <c>ws:</c> or <c>wss:</c>.</param>
    /// <param name="options">Default: the defaults that each option tells of.</param>
    /// <exception cref="ArgumentException">The url or an option is not what it should be.</exception>
    /// <exception cref="PlatformNotSupportedException">An option is set that a browser does not let be set.</exception>
    public MeshClient(string url, MeshClientOptions? options = null)
    {
        _options = options?.Copy() ?? new();
        var uri = MeshClientOptionsValidator.Check(url, _options);
        Log = (_options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<MeshClient>();
        Gate = new(_options.TimeProvider ?? TimeProvider.System);
        Storage = new(_options.Storage ?? DefaultStorage(uri), Log);
        _callbacks = new(SynchronizationContext.Current, Log);
        _handlers = new(_callbacks);
        _connector = new(Gate, uri, _options, () => _options.ClientKey ?? ClientKeys.Get(Storage), _callbacks, this, Log);
    }

    /// <summary>The <see cref="Status"/> is another one.</summary>
    public event EventHandler<StatusChangedEventArgs>? StatusChanged;

    /// <summary>A connection stands, the first or another.</summary>
    public event EventHandler<ConnectedEventArgs>? Connected;

    /// <summary>A connection that stood has ended.</summary>
    public event EventHandler<DisconnectedEventArgs>? Disconnected;

    /// <summary><see cref="MeshClientOptions.MaxReconnectAttempts"/> failed in a row: the client has given up.</summary>
    public event EventHandler<EventArgs>? ReconnectFailed;

    /// <summary>Something failed that nobody waits for: an attempt to connect, or to enter a room. The client goes on.</summary>
    public event EventHandler<FaultedEventArgs>? Faulted;

    /// <summary>The server has measured the latency.</summary>
    public event EventHandler<LatencyMeasuredEventArgs>? LatencyMeasured;

    /// <summary>Where the client stands.</summary>
    public MeshClientStatus Status
    {
        get { lock (Gate.Lock) return _connector.Status; }
    }

    /// <summary>The id of the connection; that of the last one while there is none; null before the first.</summary>
    public string? ConnectionId
    {
        get { lock (Gate.Lock) return _connector.Session?.ConnectionId; }
    }

    /// <summary>The user that the server has verified this client to be; null if it has not.</summary>
    public string? UserId
    {
        get { lock (Gate.Lock) return _connector.Session?.UserId; }
    }

    internal ClientGate Gate { get; }

    internal ILogger Log { get; }

    /// <summary>Where helpers keep the user's state.</summary>
    internal SafeStorage Storage { get; }

    /// <summary>What helpers share. To be used with the gate held.</summary>
    internal Rooms Rooms => _connector.Rooms;

    /// <summary>
    /// Connects, and stays connected until <see cref="CloseAsync"/>. A failed attempt is repeated (protocol §14), and the task
    /// waits for it.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; if nobody else waits for the first connection, it is given up.</param>
    /// <exception cref="MeshException"><c>ECLOSED</c>: <see cref="CloseAsync"/> was called, or the client may not try again.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task? coming;
        lock (Gate.Lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _connector.Await();
            coming = _connector.Coming;
        }
        try
        {
            if (coming is not null) await coming.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Task ended;
            lock (Gate.Lock) ended = _connector.UnawaitAsync(coming is { IsCompleted: false });
            await FinishAsync(ended).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Leaves all rooms and closes the connection, for good: only <see cref="ConnectAsync"/> opens another. What is pending
    /// fails with <c>ECLOSED</c>. It takes no longer than a second or two, whatever the server does.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the client closes all the same.</param>
    public Task CloseAsync(CancellationToken cancellationToken = default)
    {
        lock (Gate.Lock) return FinishAsync(_connector.CloseAsync()).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Renews the authentication of the connection now (protocol §8), as when the application has signed in anew: by the token of
    /// <see cref="MeshClientOptions.AccessTokenProvider"/>; without one, or where the server takes none, by a second WebSocket that
    /// resumes the session, whose request carries the headers and cookies as they are now. Nobody sees the change. The client does so
    /// by itself before an authentication ends of which the server has told when: a fifth of the time ahead, a minute at most.
    /// During an outage it waits for the connection, but no longer than <see cref="MeshClientOptions.CommandTimeout"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the client renews all the same.</param>
    /// <returns>Completed when it is renewed.</returns>
    /// <exception cref="MeshException">
    /// It was not, and the connection goes on with the authentication it has. <c>EFORBIDDEN</c>: the token, or the request, is not
    /// valid, or another user's; <c>ECLOSED</c>: the connection ended, or there is none; <c>ETIMEOUT</c>; or another error of the server.
    /// </exception>
    public async Task RenewAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await OnlineAsync(CommandNames.Authenticate, cancellationToken).ConfigureAwait(false);
        Task renewing;
        lock (Gate.Lock) renewing = _connector.Standing is null ? throw Errors.Closed(CommandNames.Authenticate) : _connector.RenewAsync();
        await renewing.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes, for ever.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (Gate.Lock) _isDisposed = true;
        await CloseAsync().ConfigureAwait(false);
    }

    void IConnectorOwner.StatusChanged(MeshClientStatus status) => Raise(nameof(StatusChanged), () => StatusChanged, new(status));

    void IConnectorOwner.Connected(bool isReconnect) => Raise(nameof(Connected), () => Connected, new(isReconnect));

    void IConnectorOwner.Disconnected(int code, string reason) => Raise(nameof(Disconnected), () => Disconnected, new(code, reason));

    void IConnectorOwner.ReconnectFailed() => Raise(nameof(ReconnectFailed), () => ReconnectFailed, EventArgs.Empty);

    void IConnectorOwner.Faulted(Exception error) => Raise(nameof(Faulted), () => Faulted, new(error));

    void IConnectorOwner.Received(string command, RawJson payload)
    {
        if (command == CommandNames.Latency)
            Raise(nameof(LatencyMeasured), () => LatencyMeasured, new(TimeSpan.FromMilliseconds(Math.Clamp(JsonSerializer.Deserialize(payload.Utf8.Span, ClientJson.Default.Double), 0, int.MaxValue))));
        else if (!IsReserved(command))
            _handlers.Raise(command, payload);
    }

    // The protocol's own names.
    private static bool IsReserved(string name) =>
        name.StartsWith("mesh/", StringComparison.Ordinal)
        || name is CommandNames.Ping or CommandNames.Pong or CommandNames.Latency or CommandNames.LatencyRequest or CommandNames.LatencyResponse;

    private static IPresenceStorage? DefaultStorage(Uri server)
    {
        if (OperatingSystem.IsBrowser()) return new BrowserPresenceStorage();
        try
        {
            return FilePresenceStorage.For(server);
        }
        catch (PlatformNotSupportedException)
        {
            // Then states live as long as the client.
            return null;
        }
    }

    private void Raise<T>(string name, Func<EventHandler<T>?> handlers, T args) => _callbacks.Post(name, () =>
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers())) _callbacks.Call(name, () => handler(this, args));
    });

    // A connection may be stuck in what the application has to say about the request.
    private async Task FinishAsync(Task ended)
    {
        try
        {
            await ended.WaitAsync(Farewell, Gate.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It ends by itself.
        }
    }
}
