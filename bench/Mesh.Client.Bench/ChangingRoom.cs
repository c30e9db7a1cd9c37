using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client.Bench;

/// <summary>
/// A room that changes to and fro between two rosters, and the view of it. Each is an epoch, so that the way back is a diff
/// like any other.
/// </summary>
internal sealed class ChangingRoom
{
    private readonly StateReader<State> _states = new((JsonTypeInfo<State>)JsonSerializerOptions.Web.GetTypeInfo(typeof(State)));
    private readonly UserView _view = new();
    private readonly UserList<State> _list;
    private readonly (RosterDiff Diff, Roster After)[] _changes;
    private int _next;

    private ChangingRoom(IReadOnlyList<Member> one, IReadOnlyList<Member> other)
    {
        _list = new(_states);
        Roster[] rosters = [Roster.Create(1, 1, one), Roster.Create(2, 1, other)];
        _changes = [(Roster.Compare(rosters[0], rosters[1]), rosters[1]), (Roster.Compare(rosters[1], rosters[0]), rosters[0])];
        foreach (var member in _view.Take(rosters[0])) Identify(member);
        Show();
    }

    /// <summary>One where so many users, evenly spread, change their status and change it back.</summary>
    public static ChangingRoom Updating(int size, int changing = 1)
    {
        var before = Members(size);
        var step = size / changing;
        return new(before, [.. before.Select((member, at) => at % step == step / 2 && at / step < changing ? Saying(member, "busy", 2) : member)]);
    }

    /// <summary>One that a user leaves and joins again.</summary>
    public static ChangingRoom LeftAndJoined(int size)
    {
        var all = Members(size);
        return new(all, [.. all.Take(size - 1)]);
    }

    /// <summary>One change, grouped by user.</summary>
    public void Change()
    {
        var (diff, after) = _changes[_next];
        _next = 1 - _next;
        foreach (var member in _view.Take(diff, after)) Identify(member);
    }

    /// <summary>What the application gets.</summary>
    public IReadOnlyList<PresenceUser<State>> Show() => _list.Show(_view.TakeChanges());

    private void Identify(Member member)
    {
        _states.TryRead(member.State, out var state, out _);
        _view.Answer(member.ConnectionId, member.Stamp ?? default, state?.UserId);
    }

    private static Member[] Members(int size) =>
    [
        .. Enumerable.Range(1, size).Select(number => Saying(
            new() { ConnectionId = $"connection-{number}", Number = number, JoinedAt = new(1, number) }, "online", 1)),
    ];

    private static Member Saying(Member member, string status, long revision) => member with
    {
        State = RawJson.FromText($$"""{"userId":"user-{{member.Number}}","username":"User {{member.Number}}","status":"{{status}}"}"""),
        Stamp = new(1, (revision * 1_000_000) + member.Number),
    };
}
