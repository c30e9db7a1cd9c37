using System.Collections.Immutable;

namespace Mesh.Protocol;

/// <summary>
/// A receiver's copy of a roster, kept by snapshots and diffs that may come late, twice, or not at all (protocol §10).
/// It never guesses: what does not follow is a gap, after which it buffers diffs until a snapshot or diff closes it.
/// </summary>
/// <remarks>Not safe for use by several threads at once.</remarks>
public sealed class RosterReplica
{
    /// <summary>How many diffs are buffered at most; beyond it all but the newest are dropped, and a resync is due again.</summary>
    public const int MostBuffered = 1024;

    private readonly List<RosterDiff> _buffered = [];

    /// <summary>The roster held, perhaps out of date; null before the first snapshot.</summary>
    public Roster? Roster { get; private set; }

    /// <summary>True if the roster held is whole and nothing is known to be missing.</summary>
    public bool IsCurrent { get; private set; }

    /// <summary>
    /// What some had said who left in what the last call took, if any: the rosters before and after it do not tell. Some of it may be known.
    /// </summary>
    public ImmutableArray<PartingState> Parting { get; private set; } = [];

    /// <summary>Says that something may be missing, as after a reconnect: diffs are buffered until a resync.</summary>
    public void Suspect() => IsCurrent = false;

    /// <summary>Takes a snapshot: ignored if lower than the roster held, a gap if a buffered diff still leaves one.</summary>
    public DiffOutcome Receive(Roster snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Parting = [];
        if (Roster is not null && snapshot.At < Roster.At) return DiffOutcome.Ignored;
        Roster = snapshot;
        IsCurrent = true;
        return ReplayBuffered() ? DiffOutcome.Applied : DiffOutcome.Gap;
    }

    /// <summary>Takes a diff that the server sent on its own.</summary>
    public DiffOutcome Receive(RosterDiff diff)
    {
        ArgumentNullException.ThrowIfNull(diff);
        Parting = [];
        if (Roster is null || !IsCurrent) return Buffer(diff);
        var outcome = Take(Roster, diff);
        // Also if an answer has told of the rest: answers have no parting.
        if (outcome != DiffOutcome.Gap) Parting = diff.Parting;
        return outcome;
    }

    /// <summary>Takes the diff that answers a resync: all that was missing up to its end.</summary>
    public DiffOutcome ReceiveResync(RosterDiff diff)
    {
        ArgumentNullException.ThrowIfNull(diff);
        Parting = [];
        if (Roster is null || Roster.Judge(diff) == DiffOutcome.Gap) return DiffOutcome.Gap;
        Roster = Roster.Apply(diff);
        IsCurrent = true;
        return ReplayBuffered() ? DiffOutcome.Applied : DiffOutcome.Gap;
    }

    private DiffOutcome Buffer(RosterDiff diff)
    {
        if (_buffered.Count == MostBuffered)
        {
            // The newest stays, so that a snapshot from before it is not taken for all there is.
            var newest = _buffered.Append(diff).MaxBy(waiting => new Stamp(waiting.Epoch, waiting.To))!;
            _buffered.Clear();
            _buffered.Add(newest);
            return DiffOutcome.Gap;
        }
        _buffered.Add(diff);
        return DiffOutcome.Buffered;
    }

    private bool ReplayBuffered()
    {
        var waiting = _buffered.OrderBy(diff => new Stamp(diff.Epoch, diff.From)).ToList();
        _buffered.Clear();
        var parting = ImmutableArray.CreateBuilder<PartingState>();
        foreach (var diff in waiting)
        {
            var before = Roster!;
            var outcome = Take(before, diff);
            if (outcome == DiffOutcome.Gap) continue;
            parting.AddRange(diff.Parting);
            // Who spoke in one of them and left in another is in no roster that is shown.
            if (outcome == DiffOutcome.Applied) parting.AddRange(diff.Left.Select(number => PartingState.Of(before.Find(number))).OfType<PartingState>());
        }
        Parting = parting.ToImmutable();
        return IsCurrent;
    }

    private DiffOutcome Take(Roster roster, RosterDiff diff)
    {
        var outcome = roster.Judge(diff);
        if (outcome == DiffOutcome.Applied) Roster = roster.Apply(diff);
        if (outcome == DiffOutcome.Gap)
        {
            IsCurrent = false;
            _buffered.Add(diff);
        }
        return outcome;
    }
}
