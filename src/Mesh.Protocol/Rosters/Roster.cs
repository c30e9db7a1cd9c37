using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mesh.Protocol;

/// <summary>All members of a room at an epoch and revision: a value, never changed in place (protocol §10).</summary>
[JsonConverter(typeof(RosterConverter))]
public sealed class Roster : IEquatable<Roster>
{
    private readonly ImmutableSortedDictionary<int, Member> _byNumber;
    private readonly ImmutableDictionary<string, int> _numbers;
    private Member[]? _inOrder;

    private Roster(long epoch, long revision, ImmutableSortedDictionary<int, Member> byNumber, ImmutableDictionary<string, int> numbers)
    {
        Epoch = epoch;
        Revision = revision;
        _byNumber = byNumber;
        _numbers = numbers;
    }

    /// <summary>The incarnation of the room.</summary>
    public long Epoch { get; }

    /// <summary>The room's revision.</summary>
    public long Revision { get; }

    /// <summary>Epoch and revision as one.</summary>
    public Stamp At => new(Epoch, Revision);

    /// <summary>How many members there are.</summary>
    public int Count => _byNumber.Count;

    /// <summary>The members in the order of <see cref="Member.JoinedAt"/>.</summary>
    public IEnumerable<Member> Members => _inOrder ??= InOrder();

    /// <summary>A roster without members.</summary>
    public static Roster Empty(long epoch, long revision = 0) =>
        new(epoch, revision, ImmutableSortedDictionary<int, Member>.Empty, ImmutableDictionary.Create<string, int>(StringComparer.Ordinal));

    /// <summary>A roster of these members.</summary>
    /// <exception cref="ArgumentException">Two members have one number or one connection id.</exception>
    public static Roster Create(long epoch, long revision, IEnumerable<Member> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var byNumber = ImmutableSortedDictionary.CreateBuilder<int, Member>();
        var numbers = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            byNumber.Add(member.Number, member);
            numbers.Add(member.ConnectionId, member.Number);
        }
        return new(epoch, revision, byNumber.ToImmutable(), numbers.ToImmutable());
    }

    /// <summary>The member of that number, or null.</summary>
    public Member? Find(int number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The member of that connection, or null.</summary>
    public Member? Find(string connectionId) => _numbers.TryGetValue(connectionId, out var number) ? _byNumber[number] : null;

    /// <summary>What a receiver of <paramref name="diff"/> at this roster does with it (protocol §10).</summary>
    public DiffOutcome Judge(RosterDiff diff)
    {
        ArgumentNullException.ThrowIfNull(diff);
        if ((diff.FromEpoch ?? diff.Epoch) != Epoch) return diff.Epoch < Epoch ? DiffOutcome.Ignored : DiffOutcome.Gap;
        if (diff.FromEpoch is null && diff.To <= Revision) return diff.From > Revision ? DiffOutcome.Gap : DiffOutcome.Ignored;
        return diff.From > Revision ? DiffOutcome.Gap : DiffOutcome.Applied;
    }

    /// <summary>This roster after <paramref name="diff"/>; the same roster if it is already known.</summary>
    /// <exception cref="ArgumentException">The diff does not follow on this roster: <see cref="Judge"/> calls it a gap.</exception>
    public Roster Apply(RosterDiff diff)
    {
        var outcome = Judge(diff);
        if (outcome == DiffOutcome.Gap) throw new ArgumentException("The diff does not follow on this roster.", nameof(diff));
        return outcome == DiffOutcome.Ignored ? this : Merge(diff);
    }

    /// <summary>The diff that makes <paramref name="b"/> of <paramref name="a"/>: <c>Apply(a, Compare(a, b))</c> equals b.</summary>
    public static RosterDiff Compare(Roster a, Roster b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var joined = ImmutableArray.CreateBuilder<Member>();
        var updated = ImmutableArray.CreateBuilder<MemberUpdate>();
        foreach (var now in b.Members)
        {
            var before = a.Find(now.Number);
            if (before is not null && ReferenceEquals(before, now)) continue;
            if (before is null || !CanUpdate(before, now)) joined.Add(now);
            else if (Update(before, now) is { } update) updated.Add(update);
        }
        return new()
        {
            Epoch = b.Epoch,
            FromEpoch = a.Epoch == b.Epoch ? null : a.Epoch,
            From = a.Revision,
            To = b.Revision,
            Joined = joined.ToImmutable(),
            Updated = updated.ToImmutable(),
            Left = [.. a._byNumber.Values.Where(before => b.Find(before.Number)?.ConnectionId != before.ConnectionId).Select(before => before.Number)],
        };
    }

    /// <summary>Equal epoch, revision and members.</summary>
    public bool Equals(Roster? other) =>
        other is not null && Epoch == other.Epoch && Revision == other.Revision && Count == other.Count && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Roster);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, Revision, Count);

    private Roster Merge(RosterDiff diff)
    {
        var byNumber = _byNumber.ToBuilder();
        var numbers = _numbers.ToBuilder();
        foreach (var number in diff.Left) Remove(number);
        foreach (var member in diff.Joined)
        {
            Remove(member.Number);
            if (numbers.TryGetValue(member.ConnectionId, out var other)) Remove(other);
            byNumber[member.Number] = member;
            numbers[member.ConnectionId] = member.Number;
        }
        foreach (var update in diff.Updated)
            if (byNumber.TryGetValue(update.Number, out var member)) byNumber[update.Number] = member.With(update);
        return new(diff.Epoch, diff.To, byNumber.ToImmutable(), numbers.ToImmutable());

        void Remove(int number)
        {
            if (byNumber.Remove(number, out var gone)) numbers.Remove(gone.ConnectionId);
        }
    }

    // Numbers rise with joinedAt, but for members who came with theirs from an earlier epoch.
    private Member[] InOrder()
    {
        Member[] members = [.. _byNumber.Values];
        for (var at = 1; at < members.Length; at++)
            if (members[at - 1].JoinedAt > members[at].JoinedAt) return [.. members.OrderBy(member => member.JoinedAt)];
        return members;
    }

    // An update can carry state and metadata; everything else of a member is fixed from join to leave, and a state can't be unsaid.
    private static bool CanUpdate(Member before, Member now) =>
        before.ConnectionId == now.ConnectionId && before.UserId == now.UserId && before.Sibling == now.Sibling
        && before.JoinedAt == now.JoinedAt && (before.Stamp is null || now.Stamp is not null);

    private static MemberUpdate? Update(Member before, Member now)
    {
        var state = before.Stamp != now.Stamp || before.State != now.State || before.Deadline != now.Deadline;
        var metadata = before.Metadata != now.Metadata;
        if (!state && !metadata) return null;
        var update = new MemberUpdate { Number = now.Number };
        if (state) update = update with { State = now.State, Stamp = now.Stamp, Deadline = now.Deadline };
        return metadata ? update with { Metadata = now.Metadata.IsAbsent ? RawJson.Null : now.Metadata } : update;
    }
}
