using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// The user's state in one room: what was published last by any tab, as far as this one knows, and what this one still has
/// to say. Restores are for the states that have a stamp, publishing for those that have none (protocol §9).
/// To be used with the gate held.
/// </summary>
internal sealed class OwnState
{
    /// <summary>So many may be under way; of those that come meanwhile only the newest is sent.</summary>
    public const int MostSent = 16;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // What nodes share is mostly back soon.
    private static readonly TimeSpan RetryAway = TimeSpan.FromMilliseconds(500);

    private readonly ClientGate _gate;
    private readonly IOwnStateOwner _owner;
    private readonly Alarm _retry;

    // What was acknowledged last, of this tab or another.
    private OwnRecord? _last;
    private Intent? _intent;
    private int _sent;

    // Whether this client's connection is a member, and may speak.
    private bool _isOpen;

    // The stamp of this connection's own member, as far as it is known.
    private Stamp? _ownStamp;

    // The stamp of the restore that is under way, or was answered for good.
    private Stamp? _restoring;

    // The stamp of a restore that was answered "future": it is not to be recalled.
    private Stamp? _future;

    // A clear, said with the entry, that found nothing to clear on the own member.
    private Intent? _vain;

    public OwnState(ClientGate gate, IOwnStateOwner owner)
    {
        (_gate, _owner) = (gate, owner);
        _retry = new(gate, Again);
    }

    /// <summary>That of what was acknowledged last, if it has one.</summary>
    public Stamp? Stamp => _last?.Stamp;

    /// <summary>Publishes now, or as soon as the connection stands. Of several that had to wait only the newest is sent.</summary>
    /// <returns>Completed when the server has acknowledged this, or a later one.</returns>
    public Task PublishAsync(OwnRecord record, bool silent)
    {
        var intent = new Intent(record, IntentSource.Application, silent);
        // Who waits for one that this replaces waits for the same. One that is under way by itself answers for itself; what
        // goes with an entry does not.
        if (_intent is { } before && !(before.IsSent && !before.IsStalled && _isOpen)) intent.TakeOver(before);
        if (intent.Waiting.Count == 0) intent.Waiting.Add(Completions.Create());
        var acknowledged = intent.Waiting[^1].Task;
        _intent = intent;
        Flush();
        return acknowledged;
    }

    /// <summary>Takes what a helper has stored into account.</summary>
    public void Contribute(OwnRecord record)
    {
        Consider(record);
        Flush();
    }

    /// <summary>Learns of a state of this user, from the roster.</summary>
    /// <param name="record">The state.</param>
    /// <param name="own">It is that of this connection's own member.</param>
    public void Observe(OwnRecord record, bool own)
    {
        if (own && IsNewer(record.Stamp, _ownStamp)) _ownStamp = record.Stamp;
        if (_last is null || IsNewer(record.Stamp, _last.Stamp)) Know(record);
        TakeOver();
    }

    /// <summary>The own member is another one by now: the server has joined again what the store had lost, perhaps as it was long ago.</summary>
    /// <param name="stamp">That of its state. What is newer is to be put onto it: see <see cref="TakeOver"/>.</param>
    public void Rejoined(Stamp? stamp)
    {
        _ownStamp = stamp;
        _restoring = null;
    }

    /// <summary>Puts what another tab of this user published later onto the own member, so that it survives that tab.</summary>
    public void TakeOver()
    {
        if (!_isOpen || _intent is not null || _retry.IsSet || _last is not { Stamp: { } stamp } last) return;
        if (!IsNewer(stamp, _ownStamp) || stamp == _restoring) return;
        _restoring = stamp;
        _owner.Restore(last, (result, error) =>
        {
            if (error is null) Restored(last, result!.Restored, result.Reason);
            else NotRestored(stamp, error);
        });
    }

    /// <summary>Another tab may have said something, and gone, without having been seen: it is in the storage that they share.</summary>
    public void Recall()
    {
        foreach (var record in _owner.Stored())
            if (record.Stamp is not null && record.Stamp != _future) Observe(record, own: false);
    }

    /// <summary>To an entry that nothing is said with, what is stored is to be said after it.</summary>
    public void CatchUp()
    {
        Reconsider();
        Flush();
        TakeOver();
    }

    /// <summary>Learns from a plain server, which has no stamps, what the own member's state is.</summary>
    public void See(RawJson state)
    {
        var known = _last?.State ?? RawJson.Null;
        if (_intent is null && !known.SaysSameAs(state)) Know(new(state.HasValue ? state : RawJson.Null));
    }

    /// <summary>What to say with the entry to the room on a new connection; null: nothing.</summary>
    public Opening? Open()
    {
        Reconsider();
        if (Prepare() is { } intent)
        {
            intent.IsSent = true;
            return new() { Intent = intent, Publish = intent.ToPublication(_gate.UnixMilliseconds) };
        }
        return _last?.Stamp is null ? null : new() { Restore = _last };
    }

    /// <summary>The connection is a member now.</summary>
    /// <param name="said">What was said with the entry.</param>
    /// <param name="answer">What the server answered.</param>
    public void Opened(Opening? said, Acknowledgement answer)
    {
        _isOpen = true;
        _ownStamp = answer.Stamp;
        if (said is { Intent: { } intent, Publish: { } publish })
        {
            if (!publish.State.HasValue && answer.Stamp is null) _vain = intent;
            else Acknowledged(intent, publish, answer);
        }
        else if (said is { Restore: { } restore })
        {
            Restored(restore, answer.Restored, answer.Reason);
        }
        Prepare();
        Flush();
        TakeOver();
    }

    /// <summary>The roster that came with the entry has told what the user's other connections say.</summary>
    public void Learned()
    {
        var vain = _vain;
        _vain = null;
        if (vain is not null) Acknowledged(vain, new(RawJson.Null), default);
    }

    /// <summary>The entry was refused. If that was for what was said with it, this is not said again.</summary>
    /// <returns>Whether it was.</returns>
    public bool Refused(Opening? said, MeshException error)
    {
        if (said is null || !IsUnfit(error)) return false;
        if (said.Restore is { } restore)
        {
            if (_last == restore) _last = null;
            _owner.Revert(restore, _last);
        }
        else if (_intent == said.Intent)
        {
            Refuse(error);
        }
        return true;
    }

    /// <summary>The connection ended: what was not acknowledged waits for the next.</summary>
    public void Close()
    {
        _isOpen = false;
        if (_intent is not null) _intent.IsSent = _intent.IsStalled = false;
        _ownStamp = _restoring = _future = null;
        _retry.Cancel();
    }

    /// <summary>The next server counts otherwise: stamps mean nothing to it.</summary>
    public void ForgetStamps() => _last = _last?.WithoutStamp();

    /// <summary>The state is another user's from now on, of whom nothing is known yet. To be called while it is closed.</summary>
    /// <param name="keepsWord">Whether what the application has said is theirs.</param>
    /// <param name="error">Why it is not said, if it is not.</param>
    /// <returns>What is kept.</returns>
    public OwnRecord? Forget(bool keepsWord, MeshException error)
    {
        _last = null;
        _vain = null;
        if (keepsWord && _intent is { Source: IntentSource.Application } said) return said.Record;
        Abandon(error);
        return null;
    }

    /// <summary>Nobody is to wait any more; what was not acknowledged is to be said all the same as soon as possible.</summary>
    public void FailWaiting(MeshException error) => _intent?.Fail(error);

    /// <summary>What was not acknowledged is not wanted any more; it stays stored, for the next start.</summary>
    public void Abandon(MeshException error)
    {
        FailWaiting(error);
        _intent = null;
        _retry.Cancel();
    }

    /// <summary>What was not acknowledged never will be: what was stays the user's state.</summary>
    public void Refuse(MeshException error)
    {
        if (_intent is not { } intent) return;
        Abandon(error);
        // What the room refuses today, and not for the state's sake, it may take tomorrow. The application's own word is
        // void: it has been told so.
        if (intent.Source != IntentSource.Application && !IsUnfit(error)) return;
        if (intent.Source == IntentSource.Remembered) _last = null;
        _owner.Revert(intent.Record, _last);
    }

    private static bool IsNewer(Stamp? stamp, Stamp? than) => stamp is not null && (than is null || stamp > than);

    // About the state itself: it would be refused again.
    private static bool IsUnfit(MeshException error) => error.Code is ErrorCodes.TooLarge or ErrorCodes.Invalid or ErrorCodes.Refused;

    // Takes over what is stored.
    private void Consider(OwnRecord record)
    {
        if (record.Stamp is not null) Observe(record, own: false);
        else if (_intent is null && _last is null) _intent = new(record, IntentSource.Stored);
    }

    // Other tabs share the storage: what was found there may have been said since, or something later stored.
    private void Reconsider()
    {
        var stored = _owner.Stored();
        if (_intent is { Source: IntentSource.Stored } intent && !stored.Contains(intent.Record)) _intent = null;
        foreach (var record in stored) Consider(record);
    }

    // On a new connection, what has no stamp is published anew.
    private Intent? Prepare() => _intent ??= _last is { Stamp: null, State.HasValue: true } ? new(_last, IntentSource.Remembered) : null;

    private void Flush()
    {
        if (!_isOpen || _sent >= MostSent || _intent is not { IsSent: false }) return;
        if (_intent.Source == IntentSource.Stored) Reconsider();
        if (_intent is { IsSent: false } intent) Send(intent);
    }

    private void Send(Intent intent)
    {
        var publication = intent.ToPublication(_gate.UnixMilliseconds);
        intent.IsSent = true;
        _sent++;
        _owner.Publish(publication, (answer, error) =>
        {
            _sent--;
            if (error is null) Acknowledged(intent, publication, answer);
            else Unanswered(intent, error);
            Flush();
        });
    }

    private void Unanswered(Intent intent, MeshException error)
    {
        if (error.Code is ErrorCodes.Closed or ErrorCodes.Rate or ErrorCodes.Unavailable)
        {
            // Who waits for it waits for the newest, or has it: one that was acknowledged.
            if (_intent is null) intent.Done();
            else if (_intent != intent) _intent.TakeOver(intent);
            else if (error.Code != ErrorCodes.Closed) Stall(intent, error.Code);
            return;
        }
        if (_intent == intent) Refuse(error);
        else intent.Fail(error);
        TakeOver();
    }

    private void Stall(Intent intent, string code)
    {
        intent.IsStalled = true;
        TryAgainLater(code);
    }

    private void TryAgainLater(string code)
    {
        if (!_retry.IsSet) _retry.Set(code == ErrorCodes.Unavailable ? RetryAway : RetryDelay);
    }

    private void Again()
    {
        if (_intent is { IsStalled: true }) _intent.IsSent = _intent.IsStalled = false;
        Flush();
        TakeOver();
    }

    private void Acknowledged(Intent intent, Publication publication, Acknowledgement answer)
    {
        if (!publication.State.HasValue && answer.Stamp is null && Insist(intent)) return;
        if (_intent == intent) _intent = null;
        if (IsNewer(answer.Stamp, _ownStamp)) _ownStamp = answer.Stamp;
        // A clear of nothing changes nothing of what is known: without its stamp, states from before would come back.
        var isVain = answer.Stamp is null && !publication.State.HasValue && _last?.Stamp is not null;
        // Without a stamp it is a plain server's, or there was nothing to clear.
        if (!isVain && (answer.Stamp is null || !IsNewer(_last?.Stamp, answer.Stamp)))
            Know(new(publication.State) { Stamp = answer.Stamp, Deadline = answer.Deadline, Expires = intent.Record.Expires });
        else if (_last is not null) Know(_last);
        intent.Done();
        TakeOver();
    }

    // A clear of nothing reaches no sibling (§9). If one has a state, that is put onto the own member first.
    private bool Insist(Intent intent)
    {
        if (_intent != intent || intent.IsInsisted || _last is not { Stamp: not null, State.HasValue: true } last) return false;
        intent.IsSent = false;
        // Then it goes with the next entry.
        if (!_isOpen) return true;
        intent.IsInsisted = true;
        // Both take effect in the order sent; what comes of the clear says enough of the restore.
        _owner.Restore(last, (_, _) => { });
        Flush();
        return true;
    }

    private void Know(OwnRecord record)
    {
        _last = record;
        if (_intent is null) _owner.Store(record);
    }

    private void NotRestored(Stamp stamp, MeshException error)
    {
        // Another error would be the answer to another attempt too; the next entry to the room restores what a close cut off.
        if (error.Code is not (ErrorCodes.Rate or ErrorCodes.Unavailable or ErrorCodes.Server or ErrorCodes.Timeout) || _restoring != stamp) return;
        _restoring = null;
        TryAgainLater(error.Code);
    }

    private void Restored(OwnRecord record, bool restored, string? reason)
    {
        if (restored && IsNewer(record.Stamp, _ownStamp)) _ownStamp = record.Stamp;
        if (_last != record) return;
        if (reason == "expired")
        {
            Know(new(RawJson.Null) { Stamp = record.Stamp });
            // Or else what the own member showed before it would be shown again.
            _restoring = null;
            TakeOver();
        }
        if (reason != "future") return;
        _future = record.Stamp;
        // The stamp is of another server's room, or of one that lost its data: the state is as good as new.
        Know(record.WithoutStamp());
        if (Prepare() is not null) Flush();
    }
}
