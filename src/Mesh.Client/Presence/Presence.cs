using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// Who is in a room, by user, and the own state in it. It survives whatever happens to the connection. Safe for use by
/// several threads at once. Callbacks come in order and one at a time, on the <see cref="SynchronizationContext"/> that was
/// the current one when it was made, if there was one; what they throw is logged.
/// </summary>
/// <typeparam name="TState">What a user publishes.</typeparam>
public sealed class Presence<TState> : IRoomHolder, IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly MeshClient _client;
    private readonly PresenceOptions<TState> _options;
    private readonly JsonTypeInfo<TState> _stateType;
    private readonly StateReader<TState> _states;
    private readonly StoredState _stored;
    private readonly Room _room;
    private readonly ViewMaker<TState> _maker;
    private readonly ViewTeller<TState> _teller;
    private readonly TaskCompletionSource _ready = Completions.Create();
    private readonly TaskCompletionSource _gone = Completions.Create();
    private Task? _disposing;

    internal Presence(MeshClient client, PresenceOptions<TState> options, JsonTypeInfo<TState> stateType)
    {
        PresenceOptions<TState>.Check(options);
        (_client, _options, _stateType) = (client, options, stateType);
        _states = new(stateType);
        _stored = new(client.Storage, options.StorageKey, options.Room, () => client.ConnectionId is not null);
        _teller = new(options, SynchronizationContext.Current, client.Log);
        _maker = new(options, _states, Show, client.Log);
        lock (client.Gate.Lock)
        {
            _room = client.Rooms.Get(options.Room);
            _room.Attach(this);
        }
    }

    /// <summary>The users as they are shown now; empty before the room was first seen.</summary>
    public IReadOnlyList<PresenceUser<TState>> Users => _teller.View?.Users ?? [];

    /// <summary>Whether <see cref="Users"/> is known to be right; false while there is no connection.</summary>
    public bool IsFresh => _disposing is null && _teller.View is { IsFresh: true };

    /// <summary>Completed when the room was first seen. Failed if it can't be entered, or this was disposed before.</summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Sets the user's state, in all their tabs. It is stored at once, and sent as soon as there is a connection; of several
    /// that had to wait only the newest is. Completed when the server has acknowledged it, or one published later, and, within
    /// a second, <see cref="Users"/> shows it.
    /// </summary>
    /// <param name="state">The state; null clears.</param>
    /// <param name="options">Default: as the options of this helper say.</param>
    /// <param name="cancellationToken">Ends the waiting; the state is published all the same.</param>
    /// <exception cref="MeshException">
    /// The server's error, as <c>EREFUSED</c> where the application refuses the state (protocol §9): then it is not stored any more
    /// either. <c>ECLOSED</c> after the client's <see cref="MeshClient.CloseAsync"/>, or when the client became another user's
    /// before it was said; <c>EDISPOSED</c> after <see cref="DisposeAsync"/>.
    /// </exception>
    public Task PublishAsync(TState? state, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        PublishJsonAsync(new(JsonSerializer.SerializeToUtf8Bytes(state!, _stateType)), options, cancellationToken);

    /// <summary>Clears the user's state, in all their tabs.</summary>
    /// <param name="cancellationToken">Ends the waiting; the state is cleared all the same.</param>
    /// <exception cref="MeshException">As with <see cref="PublishAsync"/>.</exception>
    public Task ClearAsync(CancellationToken cancellationToken = default) => PublishJsonAsync(RawJson.Null, null, cancellationToken);

    /// <summary>
    /// The user's own state as it is stored; <c>default</c> if there is none, or none that is a <typeparamref name="TState"/>. What a
    /// verified user has stored is theirs alone, and found once the server has told who it is; before the first connection it is what
    /// this helper has published, or what is stored as nobody's: not what another has published before that was known (protocol §9).
    /// </summary>
    public TState? Read() => _states.TryRead(_stored.State, out var state, out _) ? state : default;

    /// <summary>
    /// The view as it is now, and each time it is another one, until this is disposed. The newest always arrives; who is slow
    /// skips those in between, and holds up nobody.
    /// </summary>
    /// <param name="cancellationToken">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<PresenceView<TState>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        PresenceView<TState>? seen = null;
        while (await _teller.NextAsync(seen, cancellationToken).ConfigureAwait(false) is { } view)
        {
            seen = view;
            yield return view;
        }
    }

    /// <summary>
    /// Leaves the room, unless others in this client are in it too. No callback begins any more, and one that runs is waited
    /// for, unless it is that which disposes. The server is given a second to answer.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Task left;
        lock (_client.Gate.Lock)
        {
            if (_disposing is not null) return new(_disposing);
            var disposed = Errors.Disposed();
            _ready.Fail(disposed);
            _gone.Fail(disposed);
            left = _room.DetachAsync(this);
            return new(_disposing = FinishAsync(left));
        }
    }

    void IRoomHolder.Take(RosterDiff? diff, Roster after, bool fresh) => _maker.Take(diff, after, fresh);

    void IRoomHolder.Freshen(bool fresh) => _maker.Freshen(fresh);

    void IRoomHolder.BelongTo(string? userId, OwnRecord? said) => _stored.BelongTo(userId, said);

    OwnRecord? IRoomHolder.Stored => _stored.Record;

    void IRoomHolder.Revert(OwnRecord refused, OwnRecord? last) => _stored.Revert(refused, last);

    void IRoomHolder.Store(OwnRecord record) => _stored.Acknowledge(record);

    void IRoomHolder.Fail(MeshException error) => _ready.Fail(error);

    private void Show(PresenceView<TState> view)
    {
        _teller.Show(view);
        _ready.TrySetResult();
    }

    private async Task PublishJsonAsync(RawJson json, PublishOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var expireAfter = PublishOptions.Check(options?.ExpireAfter ?? _options.ExpireAfter);
        Task publishing;
        lock (_client.Gate.Lock)
        {
            if (_disposing is not null) throw Errors.Disposed();
            long? expires = expireAfter > TimeSpan.Zero ? _client.Gate.UnixMilliseconds + (long)Math.Ceiling(expireAfter.TotalMilliseconds) : null;
            var record = new OwnRecord(json) { Expires = expires };
            _stored.Publish(record);
            publishing = _room.PublishAsync(record, options?.Silent ?? false);
        }
        var first = await Task.WhenAny(publishing, _gone.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        await first.ConfigureAwait(false);
        await ShowAsync(cancellationToken).ConfigureAwait(false);
    }

    // What was acknowledged is to be seen by who has waited for it; but not at any price.
    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        Task taken;
        lock (_client.Gate.Lock) taken = _room.CatchUpAsync();
        try
        {
            await taken.WaitAsync(Patience, _client.Gate.Time, cancellationToken).ConfigureAwait(false);
            await _maker.CatchUpAsync().WaitAsync(Patience, _client.Gate.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is late, not lost.
        }
    }

    private async Task FinishAsync(Task left)
    {
        var stopped = Task.WhenAll(_maker.StopAsync(), _teller.StopAsync());
        try
        {
            await left.WaitAsync(Farewell, _client.Gate.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Whenever it hears of it, the server will know.
        }
        await stopped.ConfigureAwait(false);
    }
}
