using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

public sealed partial class MeshClient
{
    /// <summary>Joins a room, until <see cref="LeaveRoomAsync"/>: after an outage the client joins again by itself.</summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="callback">Subscribes too, as <see cref="SubscribePresenceAsync"/> does. Default: null, it does not.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The connections in the room, this one included; with a callback the states too.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public async Task<RoomPresence> JoinRoomAsync(string room, Action<PresenceUpdate>? callback = null, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        await OnlineAsync(CommandNames.JoinRoom, cancellationToken).ConfigureAwait(false);
        var joined = await InRoom(room, it => it.JoinAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (joined.Success && callback is not null)
            return await InRoom(room, it => it.SubscribeAsync(callback)).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new()
        {
            Success = joined.Success,
            Present = [.. (joined.Present ?? []).OfType<PlainMember>().Select(one => new PresentConnection(one.Id, PresenceUpdates.Element(one.Metadata)))],
        };
    }

    /// <summary>
    /// Leaves a room, and ends the subscriptions by <see cref="SubscribePresenceAsync"/>. While a presence helper is in the
    /// room, the connection stays a member.
    /// </summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="MeshException"><c>ETIMEOUT</c> or <c>ECLOSED</c>: there was no connection.</exception>
    public async Task LeaveRoomAsync(string room, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        await OnlineAsync(CommandNames.LeaveRoom, cancellationToken).ConfigureAwait(false);
        await InRoom(room, it => it.LeaveAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Subscribes to what happens in a room, connection by connection; being a member is not needed. After an outage the
    /// callback gets what has changed meanwhile.
    /// </summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="callback">Called as the client's events are.</param>
    /// <param name="cancellationToken">Ends the waiting, not the subscription.</param>
    /// <returns>Who is there.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public async Task<RoomPresence> SubscribePresenceAsync(string room, Action<PresenceUpdate> callback, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        ArgumentNullException.ThrowIfNull(callback);
        await OnlineAsync(CommandNames.SubscribePresence, cancellationToken).ConfigureAwait(false);
        return await InRoom(room, it => it.SubscribeAsync(callback)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a subscription by <see cref="SubscribePresenceAsync"/>.</summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="callback">Default: null, all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False if there was none.</returns>
    public async Task<bool> UnsubscribePresenceAsync(string room, Action<PresenceUpdate>? callback = null, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        return await InRoom(room, it => it.UnsubscribeAsync(callback)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Publishes a state for this connection. For users, see <see cref="CreatePresence{TState}(PresenceOptions{TState})"/>.</summary>
    /// <param name="room">1 to 256 characters; the client must have joined it.</param>
    /// <param name="state">Anything but null.</param>
    /// <param name="options">Default: the state does not expire, and is not silent.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False if not a member, or presence is not tracked, or guarded, or the state refused.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    public Task<bool> PublishPresenceStateAsync<TState>(
        string room, TState state, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        PublishPresenceStateAsync(room, state, TypeInfo<TState>(), options, cancellationToken);

    /// <summary>The same without reflection.</summary>
    /// <inheritdoc cref="PublishPresenceStateAsync{TState}(string, TState, PublishOptions, CancellationToken)"/>
    public Task<bool> PublishPresenceStateAsync<TState>(
        string room, TState state, JsonTypeInfo<TState> stateType, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateType);
        var json = ClientJson.Write(state, stateType);
        if (!json.HasValue) throw new ArgumentNullException(nameof(state), "To clear the state, use ClearPresenceStateAsync.");
        var expireAfter = PublishOptions.Check(options?.ExpireAfter ?? TimeSpan.Zero);
        long? milliseconds = expireAfter > TimeSpan.Zero ? (long)Math.Ceiling(expireAfter.TotalMilliseconds) : null;
        return PublishAsync(room, new(json, milliseconds, options?.Silent is true ? true : null), cancellationToken);
    }

    /// <summary>Clears this connection's state.</summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False if there was nothing to clear, or as with <see cref="PublishPresenceStateAsync{TState}(string, TState, PublishOptions, CancellationToken)"/>.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public Task<bool> ClearPresenceStateAsync(string room, CancellationToken cancellationToken = default) =>
        PublishAsync(room, new(RawJson.Null), cancellationToken);

    /// <summary>Asks who is in a room, without joining or subscribing.</summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Who is there, without metadata.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public async Task<RoomPresence> GetPresenceStateAsync(string room, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        var request = ClientJson.Write(new(room), ClientJson.Default.RoomRequest);
        var response = await RequestAsync(CommandNames.GetPresenceState, request, null, cancellationToken).ConfigureAwait(false);
        var result = JsonSerializer.Deserialize(response.Utf8.Span, ClientJson.Default.StatesResult) ?? throw Errors.Unreadable(CommandNames.GetPresenceState);
        return new()
        {
            Success = result.Success,
            Present = [.. (result.Present ?? []).OfType<string>().Select(id => new PresentConnection(id, null))],
            States = (result.States ?? ReadOnlyDictionary<string, RawJson>.Empty).Where(one => one.Value.HasValue)
                .ToDictionary(one => one.Key, one => one.Value.Parse(), StringComparer.Ordinal),
        };
    }

    internal static void CheckRoom(string room)
    {
        ArgumentNullException.ThrowIfNull(room);
        if (!RoomName.IsValid(room)) throw new ArgumentException("A room's name has 1 to 256 characters, no control characters and no lone surrogates.", nameof(room));
    }

    private async Task<bool> PublishAsync(string room, Publication publication, CancellationToken cancellationToken)
    {
        CheckRoom(room);
        await OnlineAsync(CommandNames.Publish, cancellationToken).ConfigureAwait(false);
        try
        {
            return await InRoom(room, it => it.PublishNowAsync(publication)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException refusal) when (refusal.Code is ErrorCodes.NotMember or ErrorCodes.NotTracked or ErrorCodes.Forbidden or ErrorCodes.Refused)
        {
            return false;
        }
    }

    private T InRoom<T>(string name, Func<Room, T> act)
    {
        lock (Gate.Lock) return act(Rooms.Get(name));
    }

    private async Task OnlineAsync(string command, CancellationToken cancellationToken)
    {
        using var waiting = new Waiting(command, _options.CommandTimeout, Gate.Time, cancellationToken);
        await OnlineAsync(waiting).ConfigureAwait(false);
    }
}
