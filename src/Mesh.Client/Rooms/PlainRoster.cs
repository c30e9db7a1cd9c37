using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// Makes a roster of the frames that a plain server sends (protocol §7). Its epoch, revisions, numbers and stamps are made
/// here: they say what came first as far as this client has seen it, and never leave it.
/// </summary>
internal sealed class PlainRoster
{
    private const int MostEarly = 1024;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<PlainUpdate> _early = [];
    private Roster _roster;
    private bool _isEarly = true;
    private bool _hasLost;
    private int _lastNumber;

    /// <param name="shown">What another kind of server has told before.</param>
    public PlainRoster(Roster? shown)
    {
        _roster = shown ?? Roster.Empty(epoch: 0);
        foreach (var member in _roster.Members)
        {
            _numbers[member.ConnectionId] = member.Number;
            _lastNumber = Math.Max(_lastNumber, member.Number);
        }
    }

    /// <summary>False until the subscription was answered, and all that came before is in.</summary>
    public bool IsCurrent => !_isEarly;

    /// <summary>To be called when the subscription has ended.</summary>
    public void Suspect()
    {
        _early.Clear();
        _isEarly = true;
        _hasLost = false;
    }

    /// <summary>Takes the answer to a subscription.</summary>
    /// <param name="present">In the order of joining.</param>
    /// <param name="states">By connection id.</param>
    public Roster Take(IEnumerable<PlainMember> present, IReadOnlyDictionary<string, RawJson> states)
    {
        var revision = _roster.Revision;
        var members = present.DistinctBy(one => one.Id, StringComparer.Ordinal)
            .Select(one => MemberOf(one.Id, one.Metadata, states.GetValueOrDefault(one.Id), ++revision))
            .ToList();
        _roster = Roster.Create(_roster.Epoch, revision + 1, members);
        _numbers.Clear();
        foreach (var member in members) _numbers[member.ConnectionId] = member.Number;
        _isEarly = false;
        foreach (var update in _early) Take(update);
        _early.Clear();
        // What was lost may not be in the answer.
        _isEarly = _hasLost;
        _hasLost = false;
        return _roster;
    }

    /// <summary>Takes an event. Null if it came before the subscription was answered, and waits for that.</summary>
    public (RosterDiff Diff, Roster After)? Take(PlainUpdate update)
    {
        if (_isEarly)
        {
            _hasLost |= _early.Count == MostEarly;
            if (!_hasLost) _early.Add(update);
            return null;
        }
        var diff = DiffOf(update);
        _roster = _roster.Apply(diff);
        return (diff, _roster);
    }

    private RosterDiff DiffOf(PlainUpdate update)
    {
        var id = update.ConnectionId!;
        var isKnown = _numbers.TryGetValue(id, out var number);
        var revision = _roster.Revision + 1;
        var diff = new RosterDiff { Epoch = _roster.Epoch, From = _roster.Revision, To = revision };
        if (update.Type == "leave")
        {
            _numbers.Remove(id);
            return isKnown ? diff with { Left = [number] } : diff;
        }
        if (!isKnown) return diff with { Joined = [MemberOf(id, update.Metadata, update.State, revision)] };
        if (update.Type != "state") return diff;
        var state = update.State.HasValue ? update.State : RawJson.Null;
        return diff with { Updated = [new() { Number = number, State = state, Stamp = new(_roster.Epoch, revision) }] };
    }

    private Member MemberOf(string id, RawJson metadata, RawJson state, long revision)
    {
        if (!_numbers.TryGetValue(id, out var number)) _numbers[id] = number = ++_lastNumber;
        var known = _roster.Find(id);
        var now = new Stamp(_roster.Epoch, revision);
        var member = new Member { ConnectionId = id, Number = number, Metadata = metadata.HasValue ? metadata : default, JoinedAt = known?.JoinedAt ?? now };
        if (known is not null && known.State.SaysSameAs(state)) return member with { State = known.State, Stamp = known.Stamp };
        return state.HasValue || known?.Stamp is not null ? member with { State = state.HasValue ? state : RawJson.Null, Stamp = now } : member;
    }
}
