using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What a <see cref="Presence{TState}"/> shows, and how. At most one of the three identifiers is to be given: without one, only users that the server has verified are shown.</summary>
/// <typeparam name="TState">What a user publishes.</typeparam>
public sealed class PresenceOptions<TState>
{
    /// <summary>The room: 1 to 256 characters.</summary>
    public required string Room { get; init; }

    /// <summary>Under which the user's own state is kept, that of each verified user apart (protocol §9); not empty.</summary>
    public required string StorageKey { get; init; }

    /// <summary>
    /// The id of the user that a state is of; null: the member is not to be shown. Asked once for each state, and not where
    /// the server has verified the user (protocol §11). A function of its arguments: it is called on any thread, one at a time.
    /// Default: null; with neither of the other two, those whom the server has not verified are not shown.
    /// </summary>
    public Func<TState?, string?>? StateIdentifier { get; init; }

    /// <summary>The same for an id that has to be looked up. Until it is there, what was shown of the member before stays.</summary>
    public Func<TState?, ValueTask<string?>>? StateIdentifierAsync { get; init; }

    /// <summary>The same with the connection's id and the member that has the state.</summary>
    public Func<TState?, string, Member, ValueTask<string?>>? MemberIdentifierAsync { get; init; }

    /// <summary>
    /// Gets all users, a new list, once for each change of the view; the first time when the room is first seen, also if it is
    /// empty, which may be before <see cref="MeshClient.CreatePresence{TState}(PresenceOptions{TState})"/> has returned. While it
    /// is slow, views in between are skipped. An async lambda would be async void, whose exceptions end a program: watch with
    /// <see cref="Presence{TState}.WatchAsync"/> instead. Default: null.
    /// </summary>
    public Action<IReadOnlyList<PresenceUser<TState>>>? OnUpdate { get; init; }

    /// <summary>Told true when the view is known to be right, and false when it may be out of date. Default: null.</summary>
    public Action<bool>? OnFreshness { get; init; }

    /// <summary>After which a published state becomes null, if it is not said when publishing. Default: 0, never. Range: 0 or more.</summary>
    public TimeSpan ExpireAfter { get; init; }

    /// <exception cref="ArgumentException">Something is not what it should be.</exception>
    internal static void Check(PresenceOptions<TState> options)
    {
        MeshClient.CheckRoom(options.Room);
        if (string.IsNullOrEmpty(options.StorageKey)) throw new ArgumentException($"{nameof(StorageKey)} is to be given.", nameof(options));
        PublishOptions.Check(options.ExpireAfter);
        Delegate?[] identifiers = [options.StateIdentifier, options.StateIdentifierAsync, options.MemberIdentifierAsync];
        if (identifiers.Count(one => one is not null) > 1)
            throw new ArgumentException($"Only one of {nameof(StateIdentifier)}, {nameof(StateIdentifierAsync)} and {nameof(MemberIdentifierAsync)} is to be given.", nameof(options));
    }
}
