using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>
/// A room that changes as one at a server does, one revision at a time. It keeps its members itself, so that its roster is
/// the truth by which the roster's own rules can be judged.
/// </summary>
public sealed class SimulatedRoom
{
    private static readonly string[] Names = ["conn-a", "conn-b", "conn-c", "conn-d", "conn-e", "conn-f", "conn-v", "conn-w"];

    private readonly List<Member> _members = [];
    private readonly Dictionary<string, Member> _lastSeen = [];
    private int _lastNumber;

    /// <summary>The connections there can be. The server has verified the user of the last two.</summary>
    public static IReadOnlyList<string> Connections => Names;

    public Stamp At { get; private set; } = new(1, 0);

    public Roster Roster => Roster.Create(At.Epoch, At.Revision, _members);

    /// <summary>Does it, if it can be done now.</summary>
    /// <returns>The diff of the change; null if nothing changed, or if a new epoch began.</returns>
    public RosterDiff? Do(RoomAction action)
    {
        var connectionId = Names[action.Who % Names.Length];
        var member = _members.Find(present => present.ConnectionId == connectionId);
        switch (action.Kind)
        {
            case RoomActionKind.NewEpoch:
                BeginEpoch(action);
                return null;
            case RoomActionKind.Join when member is null:
                return Join(connectionId, action.Who % Names.Length);
            case RoomActionKind.Publish when member is not null:
                long? deadline = action.What % 4 == 3 ? 1_795_501_447_930 + action.What : null;
                return Update(member, new() { Number = member.Number, State = SimulatedState.Of(action.What), Stamp = Next, Deadline = deadline });
            case RoomActionKind.Clear when member is { State.HasValue: true }:
                return Update(member, new() { Number = member.Number, State = RawJson.Null, Stamp = Next });
            case RoomActionKind.Restore when member is not null && Restorable(member, action.What) is { } source:
                return Update(member, new() { Number = member.Number, State = source.State, Stamp = source.Stamp, Deadline = source.Deadline });
            case RoomActionKind.SetMetadata when member is not null:
                var metadata = action.What % 3 == 0 ? RawJson.Null : RawJson.FromText($$"""{"seat":{{action.What}}}""");
                return Update(member, new() { Number = member.Number, Metadata = metadata });
            case RoomActionKind.Leave when member is not null:
                return Leave(member);
            default:
                return null;
        }
    }

    private Stamp Next => At with { Revision = At.Revision + 1 };

    private RosterDiff Join(string connectionId, int index)
    {
        var isVerified = index >= Names.Length - 2;
        var member = new Member
        {
            ConnectionId = connectionId,
            Number = ++_lastNumber,
            UserId = isVerified ? $"u{index - Names.Length + 3}" : null,
            Sibling = index % 2 == 0 ? $"s-{index / 2}" : null,
            JoinedAt = Next,
        };
        _members.Add(member);
        return Change(diff => diff with { Joined = [member] });
    }

    private RosterDiff Leave(Member member)
    {
        _members.Remove(member);
        _lastSeen[member.ConnectionId] = member;
        return Change(diff => diff with { Left = [member.Number] });
    }

    private RosterDiff Update(Member member, MemberUpdate update)
    {
        _members[_members.IndexOf(member)] = member.With(update);
        return Change(diff => diff with { Updated = [update] });
    }

    private RosterDiff Change(Func<RosterDiff, RosterDiff> describe)
    {
        var before = At;
        At = Next;
        return describe(new() { Epoch = At.Epoch, From = before.Revision, To = At.Revision });
    }

    // A state of its own from before it left, or another member's; only a newer one is accepted.
    private Member? Restorable(Member member, int what)
    {
        var sources = _members.Where(other => other != member).ToList();
        if (_lastSeen.TryGetValue(member.ConnectionId, out var own)) sources.Add(own);
        var source = sources.Count == 0 ? null : sources[what % sources.Count];
        return source?.Stamp is { } stamp && (member.Stamp is null || stamp > member.Stamp) ? source : null;
    }

    // As after a store lost its data: those who come again bring their states with the stamps they had.
    private void BeginEpoch(RoomAction action)
    {
        var keepsPlaces = action.What % 3 == 0;
        List<Member> back = [.. _members.Where((_, at) => (action.What + at) % 4 != 1)];
        foreach (var missing in _members.Except(back)) _lastSeen[missing.ConnectionId] = missing;
        if (!keepsPlaces && action.Who % 2 == 0) back.Reverse();

        At = new(At.Epoch + 1, keepsPlaces ? action.Who : 0);
        _members.Clear();
        if (keepsPlaces)
        {
            _members.AddRange(back);
            return;
        }
        _lastNumber = 0;
        foreach (var member in back)
        {
            At = Next;
            _members.Add(member with { Number = ++_lastNumber, JoinedAt = At });
        }
    }
}
