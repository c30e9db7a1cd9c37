using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>One room in the store: what Scripts/room.lua and those after it do, in C#.</summary>
internal sealed class StoredRoom(string name, SimulatedStore store)
{
    private readonly Dictionary<int, string> _owners = [];
    private readonly Dictionary<int, int> _moves = [];
    private int _lastNumber;
    private int _run;

    public Roster? Roster { get; private set; }

    /// <summary>The generation that a member belongs to.</summary>
    public string? OwnerOf(int number) => _owners.GetValueOrDefault(number);

    public RoomChange Join(string owner, NewMember joining, StateChange? state, int mostMembers, Stamp? known)
    {
        if (Roster?.Find(joining.ConnectionId) is { } present)
        {
            if (_moves.GetValueOrDefault(present.Number) > joining.Moves) return new(ChangeOutcome.Moved, null, At);
            if (_owners[present.Number] != owner) store.Note($"{name}: {present.Number} is of {owner} now");
            _owners[present.Number] = owner;
            _moves[present.Number] = joining.Moves;
            return state is null ? Unchanged(present) : Set(present, state);
        }
        if (Roster?.Count >= mostMembers && !joining.IsPutBack) return new(ChangeOutcome.Full, null, At);
        if (Roster is not ({ Count: > 0 } or { Revision: 0 })) BeginEpoch(known);

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
        _owners[member.Number] = owner;
        _moves[member.Number] = joining.Moves;
        Change(new() { Epoch = At.Epoch, From = At.Revision, To = Next.Revision, Joined = [member] }, IsSilent(state));
        return new(ChangeOutcome.Changed, member, At) { Refusal = refusal };
    }

    public RoomChange SetState(string owner, string connectionId, StateChange state) =>
        FindOwn(owner, connectionId) is { } member ? Set(member, state) : NotMember;

    public RoomChange SetMetadata(string owner, string connectionId, RawJson metadata)
    {
        if (FindOwn(owner, connectionId) is not { } member) return NotMember;
        if (member.Metadata == metadata) return Unchanged(member);
        return Update(new() { Number = member.Number, Metadata = metadata.IsAbsent ? RawJson.Null : metadata }, silent: false);
    }

    public RoomChange Leave(string owner, string connectionId)
    {
        if (FindOwn(owner, connectionId) is not { } member) return NotMember;
        Remove([member.Number]);
        return new(ChangeOutcome.Changed, null, At);
    }

    public void Reap(string dead)
    {
        var left = _owners.Where(it => it.Value == dead).Select(it => it.Key).Order().ToList();
        if (left.Count == 0) return;
        store.Note($"{name}: {dead} is dead");
        Remove(left);
    }

    /// <summary>What every script does first: a store that has lost what it had told begins an epoch, with the members that are left.</summary>
    /// <param name="known">The newest that the asking node has seen of the room.</param>
    public void Open(Stamp? known)
    {
        if (Roster is null || store.Planted == Planted.RevisionRolledBack || (_run == store.Run && !(known > At))) return;
        _run = store.Run;
        Roster = Roster.Create(NextEpoch(known), 0, Roster.Members);
        Tell(new() { Epoch = At.Epoch, From = 0, To = 0 }, silent: false);
    }

    /// <summary>The present roster. One that is not there is empty, in an epoch that begins now.</summary>
    public Roster Read(Stamp? known)
    {
        if (Roster is null) BeginEpoch(known);
        return Roster;
    }

    /// <summary>A copy, for what a store that lags behind knows.</summary>
    public StoredRoom Copy()
    {
        var copy = new StoredRoom(name, store) { Roster = Roster, _lastNumber = _lastNumber, _run = _run };
        foreach (var (number, owner) in _owners) copy._owners[number] = owner;
        foreach (var (number, moves) in _moves) copy._moves[number] = moves;
        return copy;
    }

    private Stamp At => Roster?.At ?? default;

    private Stamp Next => At with { Revision = At.Revision + 1 };

    private RoomChange NotMember => new(ChangeOutcome.NotMember, null, At);

    private long NextEpoch(Stamp? known) => Math.Max(store.NowMicroseconds, Math.Max(At.Epoch, known?.Epoch ?? 0) + 1);

    [MemberNotNull(nameof(Roster))]
    private void BeginEpoch(Stamp? known)
    {
        Roster = Roster.Empty(NextEpoch(known));
        _run = store.Run;
        _owners.Clear();
        _moves.Clear();
        _lastNumber = 0;
    }

    private Member? FindOwn(string owner, string connectionId) =>
        Roster?.Find(connectionId) is { } member && (_owners[member.Number] == owner || store.Planted == Planted.NoOwnerCheck) ? member : null;

    private RoomChange Set(Member member, StateChange state)
    {
        var (update, refusal) = Decide(member, state);
        return update is null ? Unchanged(member) with { Refusal = refusal } : Update(update, IsSilent(state));
    }

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
                    Deadline = publish.ExpireAfter is { } after && publish.State.HasValue ? store.NowMilliseconds + (long)Math.Ceiling(after.TotalMilliseconds) : null,
                }, null);
            case StateChange.Restore restore when restore.Stamp > At:
                return (null, RestoreRefusal.Future);
            case StateChange.Restore restore when member.Stamp is { } has && restore.Stamp <= has:
                return (null, RestoreRefusal.Older);
            case StateChange.Restore restore when restore.Deadline <= store.NowMilliseconds:
                return (null, RestoreRefusal.Expired);
            case StateChange.Restore restore:
                var stamp = store.Planted == Planted.RestoreRaisesStamp ? Next : restore.Stamp;
                return (new() { Number = member.Number, State = restore.State, Stamp = stamp, Deadline = restore.Deadline }, null);
            case StateChange.Expire expire when member.Stamp == expire.Stamp && member.State.HasValue:
                return (new() { Number = member.Number, State = RawJson.Null, Stamp = Next }, null);
            default:
                return default;
        }
    }

    private RoomChange Update(MemberUpdate update, bool silent)
    {
        Change(new() { Epoch = At.Epoch, From = At.Revision, To = Next.Revision, Updated = [update] }, silent);
        return new(ChangeOutcome.Changed, Roster!.Find(update.Number), At);
    }

    private void Remove(List<int> numbers)
    {
        Change(new() { Epoch = At.Epoch, From = At.Revision, To = Next.Revision, Left = [.. numbers] }, silent: false);
        foreach (var number in numbers)
        {
            _owners.Remove(number);
            _moves.Remove(number);
        }
    }

    private void Change(RosterDiff change, bool silent)
    {
        Roster = Roster!.Apply(change);
        Tell(change, silent);
    }

    private void Tell(RosterDiff change, bool silent) => store.Tell(new(name, change, silent, store.NowMilliseconds));

    private RoomChange Unchanged(Member member) => new(ChangeOutcome.Unchanged, member, At);

    private static bool IsSilent(StateChange? change) => change is StateChange.Publish { Silent: true };
}
