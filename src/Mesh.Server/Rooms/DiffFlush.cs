using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>
/// Collects a room's changes and sends them as one diff: at once if the room was quiet, else once per interval.
/// Used under the room's lock, which its timer takes too.
/// </summary>
internal sealed class DiffFlush(string room, Lock gate, MeshOptions options, TimeProvider time)
{
    private readonly HashSet<Subscription> _subscriptions = [];
    private readonly RosterDiffBuilder _pending = new();
    private ITimer? _timer;
    private bool _waiting;
    private long? _flushedAt;

    public void Add(Subscription subscription) => _subscriptions.Add(subscription);

    public void Remove(Subscription subscription) => _subscriptions.Remove(subscription);

    /// <summary>Whether what is shown may be stale, as all diffs say from now on.</summary>
    public bool IsStale { get; private set; }

    public void Stop() => _timer?.Dispose();

    /// <param name="before">The roster that the change follows on.</param>
    /// <param name="change">The change.</param>
    public void Add(Roster before, RosterDiff change)
    {
        if (change.FromEpoch is not null)
        {
            // Nothing follows across epochs: an empty diff ahead of them makes all receivers resync.
            if (!_pending.IsEmpty) Flush();
            change = new() { Epoch = change.Epoch, From = change.To, To = change.To };
        }
        _pending.Add(before, change);
        if (_waiting) return;
        var due = _flushedAt is { } at ? options.FlushInterval - time.GetElapsedTime(at) : TimeSpan.Zero;
        if (due <= TimeSpan.Zero) Flush();
        else WaitFor(due);
    }

    /// <summary>Tells all that what they show may be stale, or, after what was missing, that it is not.</summary>
    public void SetStale(bool isStale, Stamp now)
    {
        if (isStale == IsStale) return;
        IsStale = isStale;
        if (!_pending.IsEmpty) Flush();
        Send(Empty(now), _subscriptions);
    }

    /// <summary>Tells a new subscription, if what it is shown may be stale.</summary>
    public void TellStale(Subscription subscription, Stamp now)
    {
        if (IsStale) Send(Empty(now), [subscription]);
    }

    /// <summary>Sends a diff to subscriptions that are not behind.</summary>
    public void Send(RosterDiff diff, IEnumerable<Subscription> receivers)
    {
        OutboundMessage? message = null;
        foreach (var subscription in receivers)
        {
            if (subscription.HoldBack()) continue;
            message ??= OutboundMessage.Of(Write(diff));
            if (subscription.Transport.TrySend(message.Value)) subscription.SentTo = new(diff.Epoch, diff.To);
        }
    }

    // A diff that no outbox has room for is left to a resync, whose snapshot is outside the limit.
    private byte[] Write(RosterDiff diff)
    {
        var frame = OutboundFrame.Event(CommandNames.PresenceDiff, diff with { RoomName = room, Stale = IsStale }, ProtocolJson.Default.RosterDiff);
        if (frame.Length <= options.OutboundBytes / 2) return frame;
        return Write(diff.Parting.IsEmpty ? Empty(new(diff.Epoch, diff.To)) : diff with { Parting = [], Missed = true });
    }

    private static RosterDiff Empty(Stamp at) => new() { Epoch = at.Epoch, From = at.Revision, To = at.Revision };

    private void Flush()
    {
        _flushedAt = time.GetTimestamp();
        if (_subscriptions.Count > 0) Send(_pending.Build(), _subscriptions);
        _pending.Clear();
    }

    private void WaitFor(TimeSpan due)
    {
        _waiting = true;
        _timer ??= time.CreateTimer(static it => ((DiffFlush)it!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (gate)
        {
            _waiting = false;
            if (!_pending.IsEmpty) Flush();
        }
    }
}
