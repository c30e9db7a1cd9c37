using System.Collections.ObjectModel;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// A room on one connection: what the server was told of it there, what it answered, and what is to be tried again. To be
/// used with the gate held.
/// </summary>
internal sealed class RoomEntry
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAway = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetryAway = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterGap = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestAfterGap = TimeSpan.FromSeconds(2);

    private readonly Room _room;
    private readonly Rooms _rooms;
    private readonly Link _link;
    private readonly bool _isResumed;
    private readonly Alarm _retry;

    // The entry by which the holders are in the room.
    private object? _entered;

    // Of an answer that was lower than the roster at hand.
    private long? _lowerEpoch;
    private bool _isEnded;
    private int _gaps;
    private int _failures;

    public RoomEntry(Room room, Rooms rooms, Link link, bool isResumed)
    {
        (_room, _rooms, _link, _isResumed, MayBeMember) = (room, rooms, link, isResumed, isResumed);
        _retry = new(rooms.Gate, Begin);
    }

    /// <summary>What the server has been told.</summary>
    public bool IsMember { get; set; }

    /// <summary>Whether the server may take this for a member: it was asked to, and whatever it answered, it may have been one before.</summary>
    public bool MayBeMember { get; set; }

    public bool IsWatching { get; private set; }

    /// <summary>The server can't tell what changes elsewhere.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Whether the holders are in the room, or have asked to be.</summary>
    public bool IsEntered => _entered is not null;

    /// <summary>The answer to the newest entry or subscription.</summary>
    public Pledge Answer { get; private set; } = new();

    /// <returns>What is to be sent with the entries of other rooms.</returns>
    public EnterPart? Open()
    {
        if (_room.HasHolders && !_room.Feed.IsPlain) return Ask();
        Begin();
        return null;
    }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        _isEnded = true;
        _retry.Cancel();
    }

    /// <summary>Enters now, alone.</summary>
    public void Enter()
    {
        if (_room.Feed.IsPlain) EnterPlain();
        else _rooms.Enter([Ask()]);
    }

    /// <summary>The holders want to be in the room no longer.</summary>
    public void Abandon() => _entered = null;

    /// <summary>The subscription is wanted no longer.</summary>
    public void Unwatch()
    {
        IsWatching = false;
        _retry.Cancel();
    }

    public void Join(Action<JoinResult?, MeshException?> answered)
    {
        IsMember = MayBeMember = true;
        Request(CommandNames.JoinRoom, new(_room.Name), ClientJson.Default.RoomRequest, ClientJson.Default.JoinResult, answered);
    }

    /// <summary>Subscribes without entering, or asks again.</summary>
    public void Watch()
    {
        var answer = new Pledge();
        IsWatching = true;
        Await(answer);
        var request = new SubscribeRequest(_room.Name, _room.Feed.IsPlain ? null : true, _room.Feed.Known);
        Request(CommandNames.SubscribePresence, request, ClientJson.Default.SubscribeRequest, ClientJson.Default.SubscribeResult, (result, error) =>
        {
            error ??= _isEnded ? Errors.Closed(CommandNames.SubscribePresence) : result!.Success ? null : Errors.Refused();
            if (error is null && IsWatching) Receive(result!);
            answer.Settle(error);
        });
    }

    /// <summary>That it was stale was said of a subscription that has ended.</summary>
    public void NoLongerStale() => IsStale = false;

    public void Take(RosterDiff diff)
    {
        IsStale = diff.Stale;
        if (IsWatching && !_room.Feed.IsPlain) Deliver(_room.Feed.Take(diff));
    }

    public void Take(PlainUpdate update)
    {
        if (IsWatching && _room.Feed.IsPlain) Deliver(_room.Feed.Take(update), update.Time);
    }

    public void Publish(Publication publication, Action<Acknowledgement, MeshException?> answered)
    {
        var request = new PublishRequest(_room.Name, publication.State, publication.ExpireAfter, publication.Silent);
        if (!_room.Feed.IsPlain)
        {
            Request(CommandNames.Publish, request, ClientJson.Default.PublishRequest, ClientJson.Default.PublishResult, (result, error) =>
                answered(new(result?.Stamp, result?.Deadline) { HasChanged = result?.Stamp is not null }, error));
        }
        else if (publication.State.HasValue)
        {
            Request(CommandNames.PublishPresenceState, request, ClientJson.Default.PublishRequest, ClientJson.Default.Boolean, (published, error) =>
                answered(new() { HasChanged = published }, error ?? (published ? null : Errors.Refused())));
        }
        else
        {
            Request(CommandNames.ClearPresenceState, new(_room.Name), ClientJson.Default.RoomRequest, ClientJson.Default.Boolean, (cleared, error) =>
                answered(new() { HasChanged = cleared }, error));
        }
    }

    public void Restore(OwnRecord record, Action<RestoreResult?, MeshException?> answered) => Request(
        CommandNames.Restore, new(_room.Name, record.State, record.Stamp, record.Deadline), ClientJson.Default.RestoreRequest, ClientJson.Default.RestoreResult, answered);

    /// <returns>Completed when the server knows that the subscription is over, or can't be told.</returns>
    public Task UnsubscribeAsync()
    {
        var told = Completions.Create();
        _link.Request(CommandNames.UnsubscribePresence, ClientJson.Write(new(_room.Name), ClientJson.Default.RoomRequest), _ => true, _rooms.CommandTimeout, (_, error) =>
        {
            if (error is null) _rooms.Unsubscribed(_room.Name);
            told.TrySetResult();
        });
        return told.Task;
    }

    private void Request<TPayload, TResult>(
        string command, TPayload payload, JsonTypeInfo<TPayload> payloadType, JsonTypeInfo<TResult> resultType, Action<TResult?, MeshException?> answered)
        where TResult : notnull =>
        _link.Request(command, payload, payloadType, resultType, _rooms.CommandTimeout, answered);

    // Does what is wanted of the room, or does it again.
    private void Begin()
    {
        if (_room.HasHolders)
        {
            Enter();
            return;
        }
        if (_room.IsJoined && !IsMember)
        {
            Rejoin(() => _room.IsJoined).Then(error =>
            {
                if (error is not null) Failed(error, said: null);
            });
        }
        if (_room.HasCallbacks) Watch();
    }

    // To enter, or to ask again.
    private EnterPart Ask()
    {
        var isFirst = _entered is null;
        var said = isFirst ? _room.Own.Open() : null;
        var entered = _entered ??= new();
        IsMember = MayBeMember = IsWatching = true;
        var answer = new Pledge();
        Await(answer, said, () => _entered == entered);
        var body = new EnterRoom(_room.Name)
        {
            Publish = said?.Publish,
            Restore = said?.Restore is { } restore ? new(restore.State, restore.Stamp, restore.Deadline) : null,
            Known = _room.Feed.Known,
        };
        return new(ClientJson.Write(body, ClientJson.Default.EnterRoom), (room, error) =>
        {
            error ??= _isEnded ? Errors.Closed(CommandNames.Enter) : room!.Success ? null : ErrorPayload.Read(room.Error) ?? Errors.Refused();
            if (error is null) Entered(room!, said, isFirst, isCurrent: _entered == entered);
            answer.Settle(error);
        });
    }

    private void Entered(EnteredRoom room, Opening? said, bool isFirst, bool isCurrent)
    {
        if (isCurrent && isFirst) _room.Own.Opened(said, new(room.Stamp, room.Deadline) { Restored = room.Restored is true, Reason = room.Reason });
        if (IsWatching)
        {
            if (HasBegunAnew(room.Snapshot)) _room.Feed.Rebase();
            Deliver(_room.Feed.Take(room.Snapshot, room.Diff));
        }
        // The roster may have been known before: then the answer does not name those who were there.
        if (isCurrent && isFirst) _room.Learn();
        if (isCurrent) _room.Own.Recall();
    }

    // Enters by the frames of a plain server.
    private void EnterPlain()
    {
        // Since the session it is known whose the stored states are.
        if (_entered is null) _room.Own.CatchUp();
        var entered = _entered = new();
        var joined = Rejoin(() => _entered == entered);
        Watch();
        Await(Pledge.Both(joined, Answer));
    }

    // Joins without a subscription, and brings the state back.
    private Pledge Rejoin(Func<bool> isWanted)
    {
        var joined = new Pledge();
        Join((_, error) =>
        {
            if (error is null && !_isEnded && isWanted()) _room.Own.Opened(null, default);
            joined.Settle(error);
        });
        return joined;
    }

    private void Receive(SubscribeResult result)
    {
        if (HasBegunAnew(result.Snapshot)) _room.Feed.Rebase();
        Deliver(_room.Feed.IsPlain
            ? _room.Feed.Take((result.Present ?? []).OfType<PlainMember>(), result.States ?? ReadOnlyDictionary<string, RawJson>.Empty)
            : _room.Feed.Take(result.Snapshot, result.Diff));
    }

    // Whether the server has lost its count, and does not only lag behind (§10).
    private bool HasBegunAnew(Roster? snapshot)
    {
        var lower = !_isResumed && snapshot is not null && snapshot.Epoch < _room.Feed.Shown?.Epoch ? snapshot.Epoch : (long?)null;
        var again = lower is not null && lower == _lowerEpoch;
        _lowerEpoch = lower;
        return again;
    }

    private void Deliver(Taken taken, DateTimeOffset? timestamp = null)
    {
        if (taken.Outcome == DiffOutcome.Applied) _gaps = 0;
        // An answer older than what is shown comes from a server that lags behind.
        else if (taken.Outcome == DiffOutcome.Gap || (taken.Outcome == DiffOutcome.Ignored && !_room.Feed.IsCurrent)) AskAgain();
        _room.Deliver(taken, timestamp);
    }

    // Resyncs: at once, and if that did not help, less and less often.
    private void AskAgain()
    {
        var delay = AfterGap * Math.Pow(2, Math.Min(_gaps, 10));
        if (_gaps++ == 0) Begin();
        else _retry.Set(delay < LongestAfterGap ? delay : LongestAfterGap);
    }

    // Said: with what was awaited. It may be of interest though another answer was asked for since.
    private void Await(Pledge answer, Opening? said = null, Func<bool>? isCurrent = null)
    {
        Answer = answer;
        _retry.Cancel();
        answer.Then(error =>
        {
            if (error is null) _failures = 0;
            else if (Answer == answer || isCurrent?.Invoke() is true) Failed(error, said);
        });
    }

    private void Failed(MeshException error, Opening? said)
    {
        if (_isEnded || error.Code == ErrorCodes.Closed) return;
        Forget();
        _room.Freshen();
        // What was about the state alone does not keep the holders out: they enter without it.
        var isUnburdened = _room.Own.Refused(said, error);
        // After these, entering may work later (§13).
        var isTransient = error.Code is ErrorCodes.Rate or ErrorCodes.Limit or ErrorCodes.Unavailable or ErrorCodes.Server or ErrorCodes.Timeout;
        if (isUnburdened && _failures == 0) BeginAgain();
        else if (isUnburdened || isTransient) RetryLater(error.Code);
        else _room.Own.Refuse(error);
        if (isTransient && error.Code is not (ErrorCodes.Rate or ErrorCodes.Unavailable)) _room.Own.FailWaiting(error);
        if (_room.HasHolders) _rooms.Report(error);
        if (!isUnburdened && !isTransient) _room.Fail(error);
    }

    private void BeginAgain()
    {
        _failures++;
        Begin();
    }

    private void RetryLater(string code)
    {
        var (first, longest) = code == ErrorCodes.Unavailable ? (RetryAway, LongestRetryAway) : (Retry, LongestRetry);
        var delay = first * Math.Pow(2, Math.Min(_failures++, 10));
        _retry.Set(delay < longest ? delay : longest);
    }

    // What the server was told holds no longer.
    private void Forget()
    {
        IsMember = IsWatching = IsStale = false;
        _entered = null;
        _room.Own.Close();
        _retry.Cancel();
    }
}
