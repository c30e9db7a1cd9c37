using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// A room as this client has it: one membership and one subscription, shared by all helpers, by those who joined and by those
/// who subscribed, and brought back on each new connection. To be used with the gate held.
/// </summary>
internal sealed class Room : IOwnStateOwner
{
    private readonly Rooms _rooms;
    private readonly List<IRoomHolder> _holders = [];
    private readonly Subscriptions _subscriptions;
    private readonly List<(Stamp Stamp, TaskCompletionSource Seen)> _awaited = [];

    // On the connection that stands, if there is one.
    private RoomEntry? _entry;
    private bool _isFresh;

    // The connection has another WebSocket, on which the entry is not answered yet.
    private bool _isMoving;

    // When the own member joined, on the connection that stands.
    private Stamp? _joinedAt;
    private bool _hasLearned;

    // The id that the user's connections share, also while the server has lost the own member.
    private string? _sibling;

    public Room(string name, Rooms rooms)
    {
        (Name, _rooms) = (name, rooms);
        _subscriptions = new(rooms.Callbacks);
        Own = new(rooms.Gate, this);
    }

    public string Name { get; }

    public OwnState Own { get; }

    public RosterFeed Feed { get; } = new();

    public bool HasHolders => _holders.Count > 0;

    public bool HasCallbacks => _subscriptions.Any;

    /// <summary>By <c>JoinRoomAsync</c>.</summary>
    public bool IsJoined { get; private set; }

    /// <summary>Whether the connection is to be a member.</summary>
    public bool WantsMembership => HasHolders || IsJoined;

    public void Attach(IRoomHolder holder)
    {
        // What is said now is said with the entry.
        if (_entry is not { IsEntered: true }) Own.Close();
        _holders.Add(holder);
        holder.BelongTo(_rooms.UserId, said: null);
        if (StoredBy(holder) is { } stored) Own.Contribute(stored);
        if (Feed.Shown is { } roster) holder.Take(null, roster, _isFresh);
        Enter();
    }

    /// <returns>Completed when the server has been told, if there was something to tell.</returns>
    public Task DetachAsync(IRoomHolder holder)
    {
        if (!_holders.Remove(holder) || HasHolders) return Task.CompletedTask;
        _entry?.Abandon();
        Own.Abandon(Errors.Disposed());
        return WithdrawAsync();
    }

    /// <returns>Completed when the server has acknowledged this, or a later one.</returns>
    public Task PublishAsync(OwnRecord record, bool silent)
    {
        var published = Own.PublishAsync(record, silent);
        if (_rooms.Ended is { } ended) Own.FailWaiting(ended);
        Enter();
        return published;
    }

    /// <returns>Completed when the holders have what the server has acknowledged, or if that is not to be expected.</returns>
    public Task CatchUpAsync()
    {
        if (!_isFresh || Own.Stamp is not { } stamp || Feed.Shown?.At >= stamp) return Task.CompletedTask;
        var seen = Completions.Create();
        _awaited.Add((stamp, seen));
        return seen.Task;
    }

    public Task<JoinResult> JoinAsync()
    {
        if (_entry is null)
        {
            Release();
            return Task.FromException<JoinResult>(Errors.Closed(CommandNames.JoinRoom));
        }
        var joining = Completions.Create<JoinResult>();
        IsJoined = true;
        _entry.Join((result, error) =>
        {
            IsJoined = IsJoined && result is { Success: true };
            if (error is null) joining.TrySetResult(result!);
            else joining.Fail(error);
            Release();
        });
        return joining.Task;
    }

    public Task LeaveAsync()
    {
        IsJoined = false;
        _subscriptions.Remove(callback: null);
        return HasHolders ? Task.CompletedTask : Task.WhenAll(LeaveNowAsync(), WithdrawAsync());
    }

    public Task<RoomPresence> SubscribeAsync(Action<PresenceUpdate> callback)
    {
        if (_entry is not { } entry)
        {
            Release();
            return Task.FromException<RoomPresence>(Errors.Closed(CommandNames.SubscribePresence));
        }
        var subscribing = Completions.Create<RoomPresence>();
        var subscription = _subscriptions.Add(callback);
        if (!entry.IsWatching) entry.Watch();
        entry.Answer.Then(error =>
        {
            if (error is null)
            {
                subscription.IsAnswered = true;
                subscribing.TrySetResult(PresenceUpdates.All(Feed.Shown));
                return;
            }
            _subscriptions.Remove(subscription);
            Release();
            // There is no presence to be seen.
            if (error.Code is ErrorCodes.NotTracked or ErrorCodes.Forbidden) subscribing.TrySetResult(new() { Success = false });
            else subscribing.Fail(error);
        });
        return subscribing.Task;
    }

    /// <param name="callback">Null: all.</param>
    /// <returns>False if there was no such subscription.</returns>
    public async Task<bool> UnsubscribeAsync(Action<PresenceUpdate>? callback)
    {
        var known = _subscriptions.Remove(callback);
        await WithdrawAsync().ConfigureAwait(false);
        return known;
    }

    /// <summary>Publishes by itself what the application said, and remembers it for the next connection.</summary>
    /// <returns>False if there was nothing to clear.</returns>
    public Task<bool> PublishNowAsync(Publication publication)
    {
        var publishing = Completions.Create<bool>();
        ((IOwnStateOwner)this).Publish(publication, (answer, error) =>
        {
            if (error is null && answer.Stamp is not null)
                Own.Observe(new(publication.State) { Stamp = answer.Stamp, Deadline = answer.Deadline }, own: true);
            else if (error is null && Feed.IsPlain)
                Own.See(publication.State);
            if (error is null) publishing.TrySetResult(answer.HasChanged);
            else publishing.Fail(error);
            Release();
        });
        return publishing.Task;
    }

    /// <summary>The client is this user's from now on: what is known of another's state is not theirs.</summary>
    /// <param name="userId">As the server has verified; null: nobody.</param>
    /// <param name="keepsWord">Whether what the application has said meanwhile is this user's, as before there was any other.</param>
    public void BelongTo(string? userId, bool keepsWord)
    {
        _sibling = null;
        var said = Own.Forget(keepsWord, Errors.AnotherUser());
        foreach (var holder in _holders) holder.BelongTo(userId, said);
    }

    /// <summary>A new connection stands, or the one at hand has another WebSocket.</summary>
    /// <returns>What is to be sent with the entries of other rooms.</returns>
    public EnterPart? Open(Link link, Session session)
    {
        if (session.IsPlain != Feed.IsPlain)
        {
            Feed.Switch(session.IsPlain);
            Own.ForgetStamps();
        }
        var isMoved = _entry is not null;
        if (isMoved) Part();
        _entry = new(this, _rooms, link, session.IsResumed);
        _joinedAt = null;
        _hasLearned = false;
        var entry = _entry.Open();
        if (isMoved) Bridge(_entry);
        return entry;
    }

    /// <summary>The holders have had time to say something.</summary>
    /// <returns>What is to be sent with the entries of other rooms.</returns>
    public EnterPart? EnterNow() => HasHolders && _entry is { IsEntered: false } ? _entry.Open() : null;

    /// <param name="code">What the connection ended with.</param>
    public void Closed(int code)
    {
        Part();
        _isMoving = false;
        if (ReconnectPolicy.WasRefused(code)) Own.Refuse(Errors.Closed(CommandNames.Publish));
        Freshen();
    }

    /// <summary>
    /// The client will not come back by itself: nobody is to wait for it. If the application connects again, it will be said.
    /// </summary>
    public void End(MeshException error) => Own.FailWaiting(error);

    /// <summary>Ends the room if nobody wants anything of it.</summary>
    public void Release()
    {
        if (!WantsMembership && !HasCallbacks) _rooms.Drop(this);
    }

    public void Take(RosterDiff diff)
    {
        _entry?.Take(diff);
    }

    public void Take(PlainUpdate update) => _entry?.Take(update);

    /// <summary>Tells everybody what was taken.</summary>
    /// <param name="taken">What became of it.</param>
    /// <param name="timestamp">The server's; null: now.</param>
    public void Deliver(Taken taken, DateTimeOffset? timestamp)
    {
        Freshen();
        if (taken.Change is not null) Learn(taken.Change.Changed);
        Hear(taken);
        if (taken.Change is not { } change) return;
        foreach (var holder in _holders.ToList()) holder.Take(change.Diff, change.After, _isFresh);
        Seen(change.After.At);
        _subscriptions.Tell(change, Name, timestamp ?? _rooms.Gate.Time.GetUtcNow());
    }

    /// <summary>The roster holds the own member and its siblings: learns the user's state from them.</summary>
    public void Learn()
    {
        Learn(Feed.Shown?.Members ?? []);
        _hasLearned = true;
        Own.Learned();
    }

    /// <summary>A subscription to the room has ended: what was said of it is not said of one that was made since.</summary>
    public void NoLongerStale()
    {
        _entry?.NoLongerStale();
        Freshen();
    }

    /// <summary>Tells the holders whether what they show is all there is.</summary>
    public void Freshen()
    {
        if (_isMoving) return;
        var isFresh = _entry is { IsWatching: true, IsStale: false } && Feed.IsCurrent;
        if (isFresh == _isFresh) return;
        _isFresh = isFresh;
        foreach (var holder in _holders.ToList()) holder.Freshen(isFresh);
        if (!isFresh) Seen(upTo: null);
    }

    /// <summary>The room can't be entered.</summary>
    public void Fail(MeshException error)
    {
        foreach (var holder in _holders.ToList()) holder.Fail(error);
    }

    void IOwnStateOwner.Publish(Publication publication, Action<Acknowledgement, MeshException?> answered)
    {
        if (_entry is not null) _entry.Publish(publication, answered);
        else _rooms.Gate.Later(() => answered(default, Errors.Closed(CommandNames.Publish)));
    }

    void IOwnStateOwner.Restore(OwnRecord record, Action<RestoreResult?, MeshException?> answered)
    {
        if (_entry is not null) _entry.Restore(record, answered);
        else _rooms.Gate.Later(() => answered(null, Errors.Closed(CommandNames.Restore)));
    }

    IReadOnlyList<OwnRecord> IOwnStateOwner.Stored() => [.. _holders.Select(StoredBy).OfType<OwnRecord>()];

    void IOwnStateOwner.Store(OwnRecord record)
    {
        foreach (var holder in _holders) holder.Store(record);
    }

    void IOwnStateOwner.Revert(OwnRecord refused, OwnRecord? last)
    {
        foreach (var holder in _holders) holder.Revert(refused, last);
    }

    // What the connection was told on its WebSocket is void.
    private void Part()
    {
        _entry?.End();
        _entry = null;
        Own.Close();
        Feed.Suspect();
    }

    // From one WebSocket to the next nothing is missed that the answer there does not tell: what is shown stays fresh until it comes.
    private void Bridge(RoomEntry entry)
    {
        if (!entry.IsWatching) return;
        _isMoving = true;
        entry.Answer.Then(_ =>
        {
            _isMoving = false;
            Freshen();
        });
    }

    // What the application says as it comes is said with the entry: to all others it is one change.
    private void Enter()
    {
        if (HasHolders && _entry is { IsEntered: false }) _rooms.EnterSoon(this);
    }

    // As far as it says something to the server at hand.
    private OwnRecord? StoredBy(IRoomHolder holder)
    {
        var record = holder.Stored;
        if (!Feed.IsPlain || record?.Stamp is null) return record;
        return record.State.HasValue ? record.WithoutStamp() : null;
    }

    // Learns from siblings that have spoken and gone: what is told of it, or, where that is not all, what is in the storage that they share.
    private void Hear(Taken taken)
    {
        if (!HasHolders || Feed.IsPlain) return;
        foreach (var state in taken.Parting)
        {
            if (state.Sibling == _sibling) Own.Observe(OwnRecord.Of(state.State, state.Stamp, state.Deadline), own: false);
        }
        if (taken.Change is { Diff.Missed: true }) Own.Recall();
    }

    // Learns from the own member and its siblings, and from nobody else (§9).
    private void Learn(IEnumerable<Member> members)
    {
        if (!HasHolders) return;
        var own = _rooms.ConnectionId;
        // Not by its number: the server may have joined it again, and then it has another.
        var self = own is not null && _entry is { MayBeMember: true } && !Feed.IsPlain ? Feed.Shown?.Find(own) : null;
        var isAnother = self is not null && LearnOwn(self);
        if (isAnother) members = members.Concat(Feed.Shown!.Members);
        if (self is not null) _sibling = self.Sibling;
        foreach (var member in members)
        {
            if (member.Stamp is null) continue;
            var isOwn = member.ConnectionId == own;
            if (!isOwn && (_sibling is null || member.Sibling != _sibling)) continue;
            if (Feed.IsPlain) Own.See(member.State);
            else Own.Observe(OwnRecord.Of(member.State, member.Stamp, member.Deadline), isOwn);
        }
        if (!isAnother) return;
        Own.Recall();
        Own.TakeOver();
    }

    // True if it is another member than before, or comes after the roster of the entry: while there was none, nothing was learned from
    // its siblings.
    private bool LearnOwn(Member own)
    {
        var isAnother = _joinedAt is { } before ? before != own.JoinedAt : _hasLearned;
        _joinedAt = own.JoinedAt;
        if (isAnother) Own.Rejoined(own.Stamp);
        return isAnother;
    }

    private void Seen(Stamp? upTo)
    {
        foreach (var (stamp, seen) in _awaited)
            if (upTo is null || upTo >= stamp) seen.TrySetResult();
        _awaited.RemoveAll(one => one.Seen.Task.IsCompleted);
    }

    private Task LeaveNowAsync()
    {
        if (_entry is not null) _entry.IsMember = _entry.MayBeMember = false;
        return _rooms.LeaveAsync(Name);
    }

    // Tells the server what nobody wants any more.
    private async Task WithdrawAsync()
    {
        var told = new List<Task>();
        if (!WantsMembership)
        {
            Own.Close();
            // Without a connection: as soon as there is one.
            if (_entry is null or { MayBeMember: true }) told.Add(LeaveNowAsync());
        }
        if (!HasHolders && !HasCallbacks)
        {
            if (_entry is { IsWatching: true }) told.Add(_entry.UnsubscribeAsync());
            _entry?.Unwatch();
            Feed.Suspect();
            Freshen();
        }
        Release();
        await Task.WhenAll(told).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
