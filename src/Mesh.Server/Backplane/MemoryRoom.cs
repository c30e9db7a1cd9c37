using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>One room of the <see cref="MemoryRoomStore"/>. All members are used under <see cref="Gate"/>.</summary>
internal sealed class MemoryRoom(string name, long epoch, Func<long> now)
{
    private int _lastNumber;

    public Lock Gate { get; } = new();

    public Roster Roster { get; private set; } = Roster.Empty(epoch);

    public RawJson Metadata { get; set; }

    public Action<RoomEvent>? Listener { get; set; }

    public bool IsDropped { get; set; }

    public bool IsUnused => Roster.Count == 0 && Metadata.IsAbsent && Listener is null;

    public RoomChange Join(NewMember joining, StateChange? state, int mostMembers)
    {
        if (Roster.Find(joining.ConnectionId) is { } present)
            return state is null ? Unchanged(present) : SetState(joining.ConnectionId, state);
        if (Roster.Count >= mostMembers && !joining.IsPutBack) return new(ChangeOutcome.Full, null, Roster.At);

        var member = new Member
        {
            ConnectionId = joining.ConnectionId,
            Number = ++_lastNumber,
            UserId = joining.UserId,
            Sibling = joining.Sibling,
            Metadata = joining.Metadata,
            JoinedAt = Next,
        };
        var (update, refusal) = state is null ? default : Decide(member, state);
        if (update is not null) member = member.With(update);
        Change(new() { Epoch = Roster.Epoch, From = Roster.Revision, To = Next.Revision, Joined = [member] }, IsSilent(state));
        return new(ChangeOutcome.Changed, member, Roster.At) { Refusal = refusal };
    }

    public RoomChange SetState(string connectionId, StateChange state)
    {
        if (Roster.Find(connectionId) is not { } member) return NotMember();
        var (update, refusal) = Decide(member, state);
        return update is null ? Unchanged(member) with { Refusal = refusal } : Update(update, IsSilent(state));
    }

    public RoomChange SetMemberMetadata(string connectionId, RawJson metadata)
    {
        if (Roster.Find(connectionId) is not { } member) return NotMember();
        if (member.Metadata == metadata) return Unchanged(member);
        return Update(new() { Number = member.Number, Metadata = metadata.IsAbsent ? RawJson.Null : metadata }, silent: false);
    }

    public RoomChange Leave(string connectionId)
    {
        if (Roster.Find(connectionId) is not { } member) return NotMember();
        Change(new() { Epoch = Roster.Epoch, From = Roster.Revision, To = Next.Revision, Left = [member.Number] }, silent: false);
        return new(ChangeOutcome.Changed, null, Roster.At);
    }

    private Stamp Next => Roster.At with { Revision = Roster.Revision + 1 };

    private (MemberUpdate? Update, RestoreRefusal? Refusal) Decide(Member member, StateChange change)
    {
        switch (change)
        {
            case StateChange.Publish { State.IsNull: true } when !member.State.HasValue:
                return default;
            case StateChange.Publish publish:
                return (new()
                {
                    Number = member.Number,
                    State = publish.State,
                    Stamp = Next,
                    Deadline = publish.ExpireAfter is { } after && publish.State.HasValue ? now() + (long)Math.Ceiling(after.TotalMilliseconds) : null,
                }, null);
            case StateChange.Restore restore when restore.Stamp > Roster.At:
                return (null, RestoreRefusal.Future);
            case StateChange.Restore restore when member.Stamp is { } has && restore.Stamp <= has:
                return (null, RestoreRefusal.Older);
            case StateChange.Restore restore when restore.Deadline <= now():
                return (null, RestoreRefusal.Expired);
            case StateChange.Restore restore:
                return (new() { Number = member.Number, State = restore.State, Stamp = restore.Stamp, Deadline = restore.Deadline }, null);
            case StateChange.Expire expire when member.Stamp == expire.Stamp && member.State.HasValue:
                return (new() { Number = member.Number, State = RawJson.Null, Stamp = Next }, null);
            default:
                return default;
        }
    }

    private RoomChange Update(MemberUpdate update, bool silent)
    {
        Change(new() { Epoch = Roster.Epoch, From = Roster.Revision, To = Next.Revision, Updated = [update] }, silent);
        return new(ChangeOutcome.Changed, Roster.Find(update.Number), Roster.At);
    }

    private void Change(RosterDiff change, bool silent)
    {
        Roster = Roster.Apply(change);
        Listener?.Invoke(new(name, change, silent, now()));
    }

    private RoomChange Unchanged(Member member) => new(ChangeOutcome.Unchanged, member, Roster.At);

    private RoomChange NotMember() => new(ChangeOutcome.NotMember, null, Roster.At);

    private static bool IsSilent(StateChange? change) => change is StateChange.Publish { Silent: true };
}
