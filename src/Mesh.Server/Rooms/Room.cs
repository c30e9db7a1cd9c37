using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>
/// A room as this node knows it: a replica of its roster, kept by the store's events, and those who are told of each change.
/// </summary>
internal sealed class Room
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    // An event that takes longer than this was lost, perhaps.
    private static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly RosterReplica _replica = new();
    private readonly RoomHistory _history;
    private readonly HashSet<Subscription> _plain = [];
    private readonly DiffFlush _diffs;
    private readonly IRoomStore _store;
    private readonly Func<Room, bool> _forget;
    private readonly Persistence _persistence;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile bool _released;
    private IAsyncDisposable? _listening;
    private bool _isResyncing;

    // How often changes may have been missed. What is read is from before those that come while it is on its way.
    private int _suspicions;
    private TaskCompletionSource? _changed;

    public Room(string name, IRoomStore store, Func<Room, bool> forget, MeshOptions options, Persistence persistence, TimeProvider time, ILogger log)
    {
        (Name, _store, _forget, _persistence, _time, _log) = (name, store, forget, persistence, time, log);
        _history = new(options.HistoryLength);
        _diffs = new(name, _gate, options, time);
        Own = new(name, store, persistence, log);
        Ready = ListenAsync();
    }

    public string Name { get; }

    /// <summary>Completes once the replica stands.</summary>
    public Task Ready { get; }

    /// <summary>The members that are connections of this node; they get the room's broadcasts.</summary>
    public OwnMembers Own { get; }

    /// <summary>How many members it has; 0 before the replica stands.</summary>
    public int Count => _replica.Roster?.Count ?? 0;

    /// <summary>How many memberships and subscriptions keep it; used under the directory's lock.</summary>
    public int Users { get; set; }

    /// <summary>Lets go of the room; the last one ends its listening.</summary>
    public void Release()
    {
        if (!_forget(this)) return;
        _released = true;
        lock (_gate) _diffs.Stop();
        _ = StopListeningAsync();
    }

    /// <summary>Subscribes with the frames of protocol §7; the response, made of the roster, goes before all events.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="respond">Makes the response. Others wait for it, so what takes time is left to the receiver's writer.</param>
    /// <returns>The roster that it was made of.</returns>
    public Roster SubscribePlain(Subscription subscription, Func<Roster, OutboundMessage> respond)
    {
        lock (_gate)
        {
            subscription.ThrowIfEnded();
            var (roster, response) = (_replica.Roster!, respond(_replica.Roster!));
            _diffs.Remove(subscription);
            _plain.Add(subscription);
            subscription.ByDiffs = false;
            subscription.Transport.TrySend(response);
            return roster;
        }
    }

    /// <summary>Subscribes to diffs, and answers what the receiver lacks: a diff from what it knows, or a snapshot.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="known">What the receiver knows.</param>
    /// <param name="budget">The diff has no more than is left of it.</param>
    public CatchUpAnswer SubscribeToDiffs(Subscription subscription, Stamp? known, DiffBudget budget)
    {
        Roster roster;
        lock (_gate)
        {
            subscription.ThrowIfEnded();
            _plain.Remove(subscription);
            _diffs.Add(subscription);
            subscription.ByDiffs = true;
            subscription.NoLongerBehind();
            roster = _replica.Roster!;
            subscription.SentTo = roster.At;
            _diffs.TellStale(subscription, roster.At);
            if (known is { } from && _history.Since(from, roster, budget) is { } diff) return new(diff, default);
        }
        // Diffs may overtake it; its receiver expects that.
        return new(null, RosterBodies.Of(roster).Snapshot);
    }

    public void Unsubscribe(Subscription subscription)
    {
        lock (_gate)
        {
            subscription.IsEnded = true;
            _plain.Remove(subscription);
            _diffs.Remove(subscription);
        }
    }

    /// <summary>Sends what was held back while the receiver was slow: a diff, or an empty one that tells it to resync.</summary>
    public void CatchUp(Subscription subscription)
    {
        lock (_gate)
        {
            if (!subscription.IsBehind) return;
            subscription.NoLongerBehind();
            var now = _replica.Roster!;
            var diff = _history.Since(subscription.SentTo, now, new(subscription.Transport.OutboundBytes / 2)) ?? new() { Epoch = now.Epoch, From = now.Revision, To = now.Revision };
            // What some had said before they left is not in it.
            _diffs.Send(diff with { Missed = true }, [subscription]);
        }
    }

    /// <summary>The roster, not older than <paramref name="at"/>: the replica may lag behind a store that has answered already.</summary>
    public async ValueTask<Roster> ReadAsync(Stamp at, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                Task changed;
                lock (_gate)
                {
                    if (_replica.Roster!.At >= at) return _replica.Roster;
                    _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                    changed = _changed.Task;
                }
                await changed.WaitAsync(LongestLag, _time, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            // Whoever subscribes now goes on from what is read, and so does the replica.
            var roster = await _store.ReadAsync(Name, cancellationToken);
            lock (_gate) Take(roster, _time.GetUtcNow().ToUnixTimeMilliseconds());
            return roster;
        }
    }

    /// <summary>Reads the room again: changes may be missing, the last ones too.</summary>
    public void Suspect()
    {
        lock (_gate)
        {
            _suspicions++;
            if (_replica.Roster is null) return;
            _replica.Suspect();
            BeginResync(_time.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    private async Task ListenAsync()
    {
        _listening = await _store.ListenAsync(Name, Take, Suspect, CancellationToken.None);
        var suspicions = Volatile.Read(ref _suspicions);
        var roster = await _store.ReadAsync(Name, CancellationToken.None);
        lock (_gate)
            if (_replica.Receive(roster) == DiffOutcome.Gap || suspicions != _suspicions) BeginResync(_time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private async Task StopListeningAsync()
    {
        await Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It may have failed: then there is perhaps nothing to stop.
        if (_listening is not null) await _listening.DisposeAsync();
    }

    private void Take(RoomEvent change)
    {
        lock (_gate)
        {
            var before = _replica.Roster;
            switch (_replica.Receive(change.Change))
            {
                case DiffOutcome.Applied when before is not null:
                    Tell(before, change.Change, change.Silent, change.Timestamp);
                    // Not by its own leave: it was taken for a ghost, or its node for dead, and is put right.
                    if (change.Change.Left.Any(it => before.Find(it) is { } left && Own.Holds(left))) BeginResync(change.Timestamp);
                    break;
                case DiffOutcome.Gap or DiffOutcome.Buffered when before is not null:
                    BeginResync(change.Timestamp);
                    break;
            }
        }
    }

    private void BeginResync(long timestamp)
    {
        if (_isResyncing) return;
        _isResyncing = true;
        _ = ResyncAsync(timestamp);
    }

    // An event was lost on the way: read the room again, and tell the difference to what was shown. What is read may be from before
    // the event, or can't be read at all: then again, until nothing is missing.
    private async Task ResyncAsync(long timestamp)
    {
        // A listener must not call the store, and the room's lock is held.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var pause = FirstPause;
        while (!_released && !await TryResyncAsync(timestamp, isFirst: pause == FirstPause))
        {
            await _persistence.PauseAsync(pause);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<bool> TryResyncAsync(long timestamp, bool isFirst)
    {
        try
        {
            var suspicions = Volatile.Read(ref _suspicions);
            var roster = await _store.ReadAsync(Name, CancellationToken.None);
            Roster before, now;
            lock (_gate)
            {
                before = _replica.Roster!;
                Take(roster, timestamp);
                now = _replica.Roster!;
                _isResyncing = !_replica.IsCurrent || suspicions != _suspicions;
                if (_isResyncing) return false;
                _diffs.SetStale(false, now.At);
            }
            _ = Own.PutRightAsync(before, now);
            return true;
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            lock (_gate) _diffs.SetStale(true, _replica.Roster!.At);
            return false;
        }
        catch (Exception failure)
        {
            if (isFirst) _log.ResyncFailed(Name, failure);
            return false;
        }
    }

    private void Take(Roster read, long timestamp)
    {
        var before = _replica.Roster!;
        _replica.Receive(read);
        if (_replica.Roster!.At != before.At) Tell(before, Roster.Compare(before, _replica.Roster) with { Missed = true }, silent: false, timestamp);
    }

    private void Tell(Roster before, RosterDiff change, bool silent, long timestamp)
    {
        _history.Add(change);
        _diffs.Add(before, change);
        _changed?.TrySetResult();
        _changed = null;
        if (_plain.Count == 0) return;
        foreach (var frame in PlainFrames.Of(Name, before, change, silent, timestamp))
        {
            var message = OutboundMessage.Of(frame);
            foreach (var subscription in _plain) subscription.Transport.TrySend(message);
        }
    }
}
