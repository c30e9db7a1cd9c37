namespace Mesh.Protocol.Tests.Users;

/// <summary>The view by user as protocol §11 says it, grouped from scratch each time: the model for the real one.</summary>
internal sealed class NaiveUserView(Identifier identifier)
{
    private Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    public Roster? Roster { get; private set; }

    /// <summary>Takes a roster.</summary>
    /// <returns>The members asked about.</returns>
    public List<Member> Take(Roster roster)
    {
        Roster = roster;
        var known = new Dictionary<string, Known>(StringComparer.Ordinal);
        var asked = new List<Member>();
        foreach (var member in roster.Members)
        {
            var before = _known.GetValueOrDefault(member.ConnectionId);
            var isAsNow = before is not null && before.Member.Stamp == member.Stamp && before.Member.UserId == member.UserId;
            known[member.ConnectionId] = new(member, isAsNow && before!.IsAnswered, before?.LastId, before?.LastState ?? default, before?.LastStamp ?? default);
            if (!member.State.HasValue) known[member.ConnectionId] = new(member, IsAnswered: true, LastId: null, default, default);
            else if (member.UserId is null && !isAsNow) asked.Add(member);
        }
        _known = known;
        if (!identifier.Async)
            foreach (var member in asked) Answer(member.ConnectionId, member.Stamp!.Value, identifier.IdOf(member.State));
        return asked;
    }

    public void Answer(string connectionId, Stamp stamp, string? id)
    {
        if (!_known.TryGetValue(connectionId, out var known) || known.IsAnswered || known.Member.Stamp != stamp) return;
        _known[connectionId] = new(known.Member, IsAnswered: true, id, known.Member.State, stamp);
    }

    public List<UserEntry> Users() =>
    [
        .. _known.Values
            .Select(known => known.Listed())
            .Where(listed => listed is not null)
            .GroupBy(listed => (listed!.IsVerified, listed.Id), listed => listed!)
            .OrderBy(group => group.Min(listed => listed.JoinedAt))
            .Select(group => new UserEntry(
                group.Key.Id,
                group.OrderByDescending(listed => listed.Stamp).ThenBy(listed => listed.JoinedAt).First().State,
                group.Count(),
                group.Key.IsVerified)),
    ];

    private sealed record Known(Member Member, bool IsAnswered, string? LastId, RawJson LastState, Stamp LastStamp)
    {
        public Listed? Listed()
        {
            if (!Member.State.HasValue) return null;
            if (Member.UserId is { } userId) return new(true, userId, Member.State, Member.Stamp!.Value, Member.JoinedAt);
            return LastId is null ? null : new(false, LastId, LastState, LastStamp, Member.JoinedAt);
        }
    }

    private sealed record Listed(bool IsVerified, string Id, RawJson State, Stamp Stamp, Stamp JoinedAt);
}
