using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The roster of one room, from whichever kind of server, and what each frame changes in it.</summary>
internal sealed class RosterFeed
{
    private RosterReplica _replica = new();
    private PlainRoster? _plain;
    private bool _isRebased;

    /// <summary>What was shown last, also while something may be missing.</summary>
    public Roster? Shown { get; private set; }

    /// <summary>True if it is made of a plain server's frames.</summary>
    public bool IsPlain => _plain is not null;

    /// <summary>True if nothing is known to be missing.</summary>
    public bool IsCurrent => _plain?.IsCurrent ?? _replica.IsCurrent;

    /// <summary>What a diff may begin with.</summary>
    public KnownRevision? Known => _plain is null && _replica.Roster is { } roster ? new(roster.Epoch, roster.Revision) : null;

    /// <summary>What follows comes from another kind of server, which counts otherwise.</summary>
    public void Switch(bool plain)
    {
        _replica = new();
        _plain = plain ? new(Shown) : null;
    }

    /// <summary>The server counts anew, from where it likes: the next snapshot is taken whatever its epoch.</summary>
    public void Rebase()
    {
        _replica = new();
        _isRebased = true;
    }

    /// <summary>The subscription has ended: something may be missing.</summary>
    public void Suspect()
    {
        _plain?.Suspect();
        _replica.Suspect();
    }

    /// <summary>Takes the answer to an entry or a subscription.</summary>
    public Taken Take(Roster? snapshot, RosterDiff? resync)
    {
        if (snapshot is null && resync is null) return new(DiffOutcome.Gap, null);
        var outcome = snapshot is not null ? _replica.Receive(snapshot) : _replica.ReceiveResync(resync!);
        // With the old count went the diffs that had overtaken this.
        if (_isRebased) outcome = DiffOutcome.Gap;
        _isRebased = false;
        return Show(outcome, _replica.Roster) with { Parting = _replica.Parting };
    }

    /// <summary>Takes a plain server's answer to a subscription.</summary>
    public Taken Take(IEnumerable<PlainMember> present, IReadOnlyDictionary<string, RawJson> states)
    {
        if (_plain is null) return new(DiffOutcome.Ignored, null);
        var after = _plain.Take(present, states);
        return Show(_plain.IsCurrent ? DiffOutcome.Applied : DiffOutcome.Gap, after);
    }

    /// <summary>Takes a diff that the server sent unasked.</summary>
    public Taken Take(RosterDiff diff)
    {
        var outcome = _replica.Receive(diff);
        var taken = outcome == DiffOutcome.Applied && _replica.Roster is { } after ? Show(outcome, new RosterChange(Shown, diff, after)) : new(outcome, null);
        return taken with { Parting = _replica.Parting };
    }

    /// <summary>Takes a plain server's event.</summary>
    public Taken Take(PlainUpdate update)
    {
        if (_plain?.Take(update) is not var (diff, after)) return new(DiffOutcome.Buffered, null);
        return Show(DiffOutcome.Applied, new RosterChange(Shown, diff, after));
    }

    private Taken Show(DiffOutcome outcome, Roster? after) =>
        after is null || ReferenceEquals(after, Shown) ? new(outcome, null) : Show(outcome, RosterChange.Between(Shown, after));

    private Taken Show(DiffOutcome outcome, RosterChange change)
    {
        Shown = change.After;
        return new(outcome, change);
    }
}
