using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

public sealed partial class MeshClient
{
    private const string NeedsReflection = "JSON of types that are not known ahead needs reflection. Use the overload that takes a JsonTypeInfo.";

    private static readonly RawJson NoPayload = RawJson.FromText("{}");

    // More wait here, and not in the outbox, which is bounded.
    private readonly SemaphoreSlim _commands = new(1024);

    /// <summary>Sends a command. During an outage it waits for the connection, but no longer than its timeout.</summary>
    /// <typeparam name="TResult">What the server answers; <c>default</c> where it answers nothing.</typeparam>
    /// <param name="name">The command.</param>
    /// <param name="payload">What goes with it. Default: <c>{}</c>.</param>
    /// <param name="timeout">
    /// How long to wait: 1 ms to 24 days, or <see cref="Timeout.InfiniteTimeSpan"/>, as long as the connection lasts. Default:
    /// <see cref="MeshClientOptions.CommandTimeout"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting; the server may have got the command all the same.</param>
    /// <exception cref="MeshException">
    /// The server's error; <c>ETIMEOUT</c>: no response in time; <c>ECLOSED</c>: the connection ended before the response, or
    /// there is none and the client is not connecting.
    /// </exception>
    /// <exception cref="JsonException">The result is not of that type.</exception>
    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    public async Task<TResult> CommandAsync<TResult>(
        string name, object? payload = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var sent = payload is null ? NoPayload : new(JsonSerializer.SerializeToUtf8Bytes(payload, payload.GetType(), SerializerOptions));
        return Read(await RequestAsync(name, sent, timeout, cancellationToken).ConfigureAwait(false), TypeInfo<TResult>());
    }

    /// <summary>The same without payload, and without reflection.</summary>
    /// <inheritdoc cref="CommandAsync{TResult}(string, object, TimeSpan?, CancellationToken)"/>
    public async Task<TResult> CommandAsync<TResult>(
        string name, JsonTypeInfo<TResult> resultType, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultType);
        return Read(await RequestAsync(name, NoPayload, timeout, cancellationToken).ConfigureAwait(false), resultType);
    }

    /// <summary>The same without reflection.</summary>
    /// <inheritdoc cref="CommandAsync{TResult}(string, object, TimeSpan?, CancellationToken)"/>
    public async Task<TResult> CommandAsync<TPayload, TResult>(
        string name,
        TPayload payload,
        JsonTypeInfo<TPayload> payloadType,
        JsonTypeInfo<TResult> resultType,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultType);
        var sent = ClientJson.Write(payload, payloadType);
        return Read(await RequestAsync(name, sent, timeout, cancellationToken).ConfigureAwait(false), resultType);
    }

    /// <summary>Calls back with each event of that name which the server sends on its own.</summary>
    /// <typeparam name="T">The event's payload; <c>default</c> where it has none.</typeparam>
    /// <param name="name">The event's name, not one of the protocol's own.</param>
    /// <param name="handler">Called as the client's events are. A payload that is not of that type is logged.</param>
    /// <returns>Dispose it, and the handler is called no more.</returns>
    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    public IDisposable On<T>(string name, Action<T> handler) => On(name, handler, TypeInfo<T>());

    /// <summary>The same without reflection.</summary>
    /// <inheritdoc cref="On{T}(string, Action{T})"/>
    public IDisposable On<T>(string name, Action<T> handler, JsonTypeInfo<T> payloadType)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(payloadType);
        if (IsReserved(name)) throw new ArgumentException($"{name} is a name of the protocol's own.", nameof(name));
        return _handlers.Add(name, payload => handler(Read(payload, payloadType)));
    }

    internal JsonSerializerOptions SerializerOptions
    {
        [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
        get => _options.SerializerOptions ?? JsonSerializerOptions.Web;
    }

    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    internal JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)SerializerOptions.GetTypeInfo(typeof(T));

    private static T Read<T>(RawJson json, JsonTypeInfo<T> type) => json.IsAbsent ? default! : JsonSerializer.Deserialize(json.Utf8.Span, type)!;

    private async Task<RawJson> RequestAsync(string name, RawJson payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var limit = timeout ?? _options.CommandTimeout;
        if (limit != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.FromMilliseconds(1), nameof(timeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromMilliseconds(int.MaxValue), nameof(timeout));
        }
        cancellationToken.ThrowIfCancellationRequested();
        var started = Gate.Time.GetTimestamp();
        if (!TryTakeTurn()) await TakeTurnAsync(name, limit, cancellationToken).ConfigureAwait(false);
        try
        {
            var left = limit == Timeout.InfiniteTimeSpan ? limit : limit - Gate.Time.GetElapsedTime(started);
            return await SendAsync(name, payload, left, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    private bool TryTakeTurn()
    {
        lock (Gate.Lock) return _connector.Standing is not null && _commands.Wait(0, CancellationToken.None);
    }

    private async Task TakeTurnAsync(string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var waiting = new Waiting(name, limit, Gate.Time, cancellationToken);
        await OnlineAsync(waiting).ConfigureAwait(false);
        await waiting.ForAsync(_commands.WaitAsync(waiting.Token)).ConfigureAwait(false);
    }

    private async Task<RawJson> SendAsync(string name, RawJson payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var response = Completions.Create<RawJson>();
        Link link;
        Pending pending;
        lock (Gate.Lock)
        {
            link = _connector.Standing ?? throw Errors.Closed(name);
            pending = link.Request(name, payload, json => json.Copy(), timeout, (result, error) =>
            {
                if (error is null) response.TrySetResult(result);
                else response.Fail(error);
            });
        }
        try
        {
            return await response.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (Gate.Lock) link.Forget(pending);
            throw;
        }
    }

    // Waits for the connection, if one is to be expected.
    private async Task OnlineAsync(Waiting waiting)
    {
        Task? coming;
        lock (Gate.Lock)
        {
            if (_connector.Standing is not null) return;
            coming = _connector.Coming;
        }
        if (coming is null) throw Errors.Closed(waiting.Command);
        await waiting.ForAsync(coming.WaitAsync(waiting.Token)).ConfigureAwait(false);
    }
}
