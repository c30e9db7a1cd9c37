using System.Collections.Immutable;
using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>A <see cref="UserView"/> driven by the steps of user-view.json.</summary>
public sealed class UserViewRun(Identifier identifier)
{
    private readonly UserView _view = new();

    public ImmutableArray<UserEntry> Users => _view.Users;

    /// <summary>The members asked about in the last step.</summary>
    public ImmutableArray<Member> Asked { get; private set; } = [];

    public void Take(Roster roster) => Ask(_view.Take(roster));

    /// <summary>Takes a diff as a receiver does: one that does not follow changes nothing.</summary>
    public void Take(RosterDiff diff)
    {
        var follows = _view.Roster?.Judge(diff) == DiffOutcome.Applied;
        Ask(follows ? _view.Take(diff, _view.Roster!.Apply(diff)) : []);
    }

    public void Answer(string connectionId, Stamp stamp, RawJson id)
    {
        Asked = [];
        _view.Answer(connectionId, stamp, UserIds.FromJson(id));
    }

    private void Ask(ImmutableArray<Member> members)
    {
        Asked = members;
        if (identifier.Async) return;
        foreach (var member in members) _view.Answer(member.ConnectionId, member.Stamp ?? default, identifier.IdOf(member.State));
    }
}
