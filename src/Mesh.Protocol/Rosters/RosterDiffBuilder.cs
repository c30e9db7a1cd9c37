using System.Collections.Immutable;

namespace Mesh.Protocol;

/// <summary>
/// Makes one diff of several that follow on each other: only the latest of each member, every leave, and what those who left had said
/// (protocol §10).
/// </summary>
/// <remarks>Not safe for use by several threads at once.</remarks>
public sealed class RosterDiffBuilder
{
    private readonly Dictionary<int, Member> _joined = [];
    private readonly Dictionary<int, MemberUpdate> _updated = [];
    private readonly SortedSet<int> _left = [];
    private readonly SortedDictionary<string, PartingState> _parting = new(StringComparer.Ordinal);
    private RosterDiff? _first;
    private RosterDiff? _last;
    private bool _missed;

    /// <summary>True if nothing was added.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>Adds a diff that follows on those added before.</summary>
    /// <param name="before">The roster that it follows on.</param>
    /// <param name="diff">The diff.</param>
    /// <exception cref="ArgumentException">It does not follow on the last one.</exception>
    public void Add(Roster before, RosterDiff diff)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(diff);
        if (_last is not null && (diff.FromEpoch is not null || diff.Epoch != _last.Epoch || diff.From != _last.To))
            throw new ArgumentException("The diff does not follow on the last one.", nameof(diff));
        _first ??= diff;
        _last = diff;
        _missed |= diff.Missed;
        foreach (var number in diff.Left)
        {
            if (HasSpoken(number) && PartingState.Of(before.Find(number)) is { } parting) AddParting(parting);
            _joined.Remove(number);
            _updated.Remove(number);
            _left.Add(number);
        }
        foreach (var member in diff.Joined)
        {
            _updated.Remove(member.Number);
            _joined[member.Number] = member;
        }
        foreach (var update in diff.Updated)
        {
            if (_joined.TryGetValue(update.Number, out var member)) _joined[update.Number] = member.With(update);
            else _updated[update.Number] = _updated.TryGetValue(update.Number, out var earlier) ? earlier.Then(update) : update;
        }
    }

    /// <summary>The one diff of all that were added.</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    public RosterDiff Build() => _first is null || _last is null
        ? throw new InvalidOperationException("Nothing was added.")
        : new()
        {
            Epoch = _last.Epoch,
            FromEpoch = _first.FromEpoch,
            From = _first.From,
            To = _last.To,
            Joined = [.. _joined.Values.OrderBy(member => member.Number)],
            Updated = [.. _updated.Values.OrderBy(update => update.Number)],
            Left = [.. _left],
            Parting = [.. _parting.Values],
            Missed = _missed,
        };

    /// <summary>Forgets everything, to begin anew.</summary>
    public void Clear()
    {
        _joined.Clear();
        _updated.Clear();
        _left.Clear();
        _parting.Clear();
        _first = _last = null;
        _missed = false;
    }

    private bool HasSpoken(int number) => _joined.ContainsKey(number) || _updated.GetValueOrDefault(number)?.Stamp is not null;

    private void AddParting(PartingState state)
    {
        if (!_parting.TryGetValue(state.Sibling, out var other) || other.Stamp < state.Stamp) _parting[state.Sibling] = state;
    }
}
