using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>
/// A room as this node knows it: a replica of its roster, kept by the store's events, and those who are told of each change.
/// </summary>
internal sealed class Room
{
    private readonly Lock _gate = new();
    private readonly RosterReplica _replica = new();
    private readonly RoomHistory _history;
    private readonly SnapshotCache _snapshots = new();
    private readonly HashSet<Subscription> _plain = [];
    private readonly HashSet<MeshConnection> _members = [];
    private readonly DiffFlush _diffs;
    private readonly IRoomStore _store;
    private readonly Func<Room, bool> _forget;
    private readonly ILogger _log;
    private volatile bool _released;
    private IAsyncDisposable? _listening;
    private bool _isResyncing;

    public Room(string name, IRoomStore store, Func<Room, bool> forget, MeshOptions options, TimeProvider time, ILogger log)
    {
        (Name, _store, _forget, _log) = (name, store, forget, log);
        _history = new(options.HistoryLength);
        _diffs = new(name, _gate, options, time);
        Ready = ListenAsync();
    }

    public string Name { get; }

    /// <summary>Completes once the replica stands.</summary>
    public Task Ready { get; }

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

    /// <summary>Members of this node's connections get the room's broadcasts.</summary>
    public void AddMember(MeshConnection connection)
    {
        lock (_gate) _members.Add(connection);
    }

    public void RemoveMember(MeshConnection connection)
    {
        lock (_gate) _members.Remove(connection);
    }

    public void Broadcast(Broadcast broadcast)
    {
        var message = OutboundMessage.Of(broadcast.Frame);
        lock (_gate)
            foreach (var member in _members)
                if (!broadcast.Except.Contains(member.Id)) member.Transport?.TrySend(message);
    }

    /// <summary>Subscribes with the frames of protocol §7; the response, made of the roster, goes before all events.</summary>
    public void SubscribePlain(Subscription subscription, Func<Roster, OutboundMessage> respond)
    {
        lock (_gate)
        {
            subscription.ThrowIfEnded();
            _diffs.Remove(subscription);
            _plain.Add(subscription);
            subscription.ByDiffs = false;
            subscription.Transport.TrySend(respond(_replica.Roster!));
        }
    }

    /// <summary>Subscribes to diffs, and answers what the receiver lacks: a diff from what it knows, or a snapshot.</summary>
    public CatchUpAnswer SubscribeToDiffs(Subscription subscription, Stamp? known)
    {
        lock (_gate)
        {
            subscription.ThrowIfEnded();
            _plain.Remove(subscription);
            _diffs.Add(subscription);
            subscription.ByDiffs = true;
            subscription.NoLongerBehind();
            var roster = _replica.Roster!;
            subscription.SentTo = roster.At;
            return known is { } from && _history.Since(from, roster.At) is { } diff
                ? new(diff, default)
                : new(null, _snapshots.Of(roster));
        }
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
            var now = _replica.Roster!.At;
            var diff = _history.Since(subscription.SentTo, now) ?? new() { Epoch = now.Epoch, From = now.Revision, To = now.Revision };
            _diffs.Send(diff, [subscription]);
        }
    }

    private async Task ListenAsync()
    {
        _listening = await _store.ListenAsync(Name, Take, CancellationToken.None);
        var roster = await _store.ReadAsync(Name, CancellationToken.None);
        lock (_gate) _replica.Receive(roster);
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
                    break;
                case DiffOutcome.Gap or DiffOutcome.Buffered when before is not null && !_isResyncing:
                    _isResyncing = true;
                    _ = ResyncAsync(change.Timestamp);
                    break;
            }
        }
    }

    // An event was lost on the way: read the room again, and tell the difference to what was shown. Should that fail, the next event
    // tries again.
    private async Task ResyncAsync(long timestamp)
    {
        try
        {
            var outcome = DiffOutcome.Gap;
            while (outcome == DiffOutcome.Gap && !_released)
            {
                var roster = await _store.ReadAsync(Name, CancellationToken.None);
                lock (_gate)
                {
                    var before = _replica.Roster!;
                    outcome = _replica.Receive(roster);
                    _isResyncing = outcome == DiffOutcome.Gap;
                    var change = Roster.Compare(before, _replica.Roster!);
                    if (!change.IsEmpty || change.From != change.To) Tell(before, change, silent: false, timestamp);
                }
            }
        }
        catch (Exception failure)
        {
            _log.ResyncFailed(Name, failure);
            lock (_gate) _isResyncing = false;
        }
    }

    private void Tell(Roster before, RosterDiff change, bool silent, long timestamp)
    {
        _history.Add(change);
        _diffs.Add(change);
        if (_plain.Count == 0) return;
        foreach (var frame in PlainFrames.Of(Name, before, change, silent, timestamp))
        {
            var message = OutboundMessage.Of(frame);
            foreach (var subscription in _plain) subscription.Transport.TrySend(message);
        }
    }
}
