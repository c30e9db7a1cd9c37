namespace Mesh.Server.Tests.Backplane;

/// <summary>A room as the rules have it, written without a thought of speed: each method says what the store's answer must be.</summary>
internal sealed class RoomModel(int mostMembers)
{
    private readonly List<Member> _members = [];
    private int _lastNumber;

    public IReadOnlyList<Member> Members => _members;

    public Stamp At { get; private set; } = new(1, 0);

    /// <summary>Epoch and revision of each change.</summary>
    public List<Stamp> Changes { get; } = [];

    public Member? Find(string id) => _members.Find(it => it.ConnectionId == id);

    public void Join(RoomChange actual, NewMember joining, StateChange? state, string told)
    {
        if (Find(joining.ConnectionId) is { } present)
        {
            if (state is null) Unchanged(actual, present, null, told);
            else SetState(actual, joining.ConnectionId, state, told);
            return;
        }
        if (_members.Count == mostMembers)
        {
            actual.Outcome.ShouldBe(ChangeOutcome.Full, told);
            return;
        }
        // An empty room may have been forgotten.
        if (_members.Count == 0 && actual.At.Epoch > At.Epoch) (At, _lastNumber) = (new(actual.At.Epoch, 0), 0);
        var before = At;
        Change(actual, told);
        var member = new Member
        {
            ConnectionId = joining.ConnectionId, Number = ++_lastNumber, UserId = joining.UserId, Sibling = joining.Sibling, Metadata = joining.Metadata, JoinedAt = At,
        };
        RestoreRefusal? refusal = null;
        if (state is not null) (member, refusal) = After(member, state, before, At);
        actual.Refusal.ShouldBe(refusal, told);
        actual.Member.ShouldBe(member, told);
        _members.Add(member);
    }

    public void Leave(RoomChange actual, string id, string told)
    {
        if (Find(id) is not { } member)
        {
            actual.Outcome.ShouldBe(ChangeOutcome.NotMember, told);
            return;
        }
        _members.Remove(member);
        Change(actual, told);
        actual.Member.ShouldBeNull(told);
    }

    /// <summary>Several at once, by the store itself.</summary>
    public void Leave(RoomChange actual, Predicate<string> who, string told)
    {
        if (_members.RemoveAll(it => who(it.ConnectionId)) > 0) Change(actual, told);
        else actual.Outcome.ShouldBe(ChangeOutcome.Unchanged, told);
    }

    public void SetMetadata(RoomChange actual, string id, RawJson metadata, string told)
    {
        if (Find(id) is not { } member) actual.Outcome.ShouldBe(ChangeOutcome.NotMember, told);
        else if (member.Metadata == metadata) Unchanged(actual, member, null, told);
        else Replace(actual, member, member with { Metadata = metadata }, told);
    }

    public void SetState(RoomChange actual, string id, StateChange state, string told)
    {
        if (Find(id) is not { } member)
        {
            actual.Outcome.ShouldBe(ChangeOutcome.NotMember, told);
            return;
        }
        var (after, refusal) = After(member, state, At, At with { Revision = At.Revision + 1 });
        if (ReferenceEquals(after, member)) Unchanged(actual, member, refusal, told);
        else Replace(actual, member, after, told);
    }

    private static (Member, RestoreRefusal?) After(Member member, StateChange change, Stamp now, Stamp next) => change switch
    {
        StateChange.Publish { State.IsNull: true } when !member.State.HasValue => (member, null),
        StateChange.Publish publish => (member with { State = publish.State, Stamp = next, Deadline = null }, null),
        StateChange.Restore restore when restore.Stamp > now => (member, RestoreRefusal.Future),
        StateChange.Restore restore when restore.Stamp <= member.Stamp => (member, RestoreRefusal.Older),
        StateChange.Restore { Deadline: not null } => (member, RestoreRefusal.Expired),
        StateChange.Restore restore => (member with { State = restore.State, Stamp = restore.Stamp, Deadline = null }, null),
        StateChange.Expire expire when expire.Stamp == member.Stamp && member.State.HasValue => (member with { State = RawJson.Null, Stamp = next, Deadline = null }, null),
        _ => (member, null),
    };

    private void Replace(RoomChange actual, Member before, Member after, string told)
    {
        _members[_members.IndexOf(before)] = after;
        Change(actual, told);
        actual.Refusal.ShouldBeNull(told);
        actual.Member.ShouldBe(after, told);
    }

    private void Change(RoomChange actual, string told)
    {
        At = At with { Revision = At.Revision + 1 };
        Changes.Add(actual.At);
        // The epoch of the first change is the store's to choose.
        if (Changes.Count == 1) At = At with { Epoch = actual.At.Epoch };
        actual.Outcome.ShouldBe(ChangeOutcome.Changed, told);
        actual.At.ShouldBe(At, told);
    }

    private void Unchanged(RoomChange actual, Member member, RestoreRefusal? refusal, string told)
    {
        actual.Outcome.ShouldBe(ChangeOutcome.Unchanged, told);
        actual.At.ShouldBe(At, told);
        actual.Member.ShouldBe(member, told);
        actual.Refusal.ShouldBe(refusal, told);
    }
}
