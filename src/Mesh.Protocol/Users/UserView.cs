using System.Collections.Immutable;

namespace Mesh.Protocol;

/// <summary>
/// The view of a room by user (protocol §11): a pure function of the roster and of the answers of the application's
/// state identifier, kept up with each change. It asks for identifiers by returning members; the owner calls the
/// identifier and gives what it returned to <see cref="Answer"/>, at once or later, in any order.
/// </summary>
/// <remarks>Not safe for use by several threads at once.</remarks>
public sealed class UserView
{
    private readonly Dictionary<string, ViewedMember> _members = new(StringComparer.Ordinal);
    private readonly UserGroups _groups = new();
    private ImmutableArray<UserEntry> _read = [];

    /// <summary>The roster shown; null before the first.</summary>
    public Roster? Roster { get; private set; }

    /// <summary>
    /// One entry for each user, in the order of their earliest joins. A new array for each change, the same one while nothing
    /// has changed; an entry that has not changed is the same object as before.
    /// </summary>
    public ImmutableArray<UserEntry> Users => _read = _groups.ToEntries();

    /// <summary>True if <see cref="Users"/> has become another array since it was last read.</summary>
    public bool HasChanged => _groups.ToEntries() != _read;

    /// <summary>What has become of the users since this was last called; the first time, all users in order.</summary>
    internal IReadOnlyList<UserChange> TakeChanges() => _groups.TakeChanges();

    /// <summary>Takes a roster, of which only what differs from the one shown is looked at: the first one, or after a resync.</summary>
    /// <returns>The members whose identifier is to be asked now, in the order of their numbers.</returns>
    public ImmutableArray<Member> Take(Roster roster)
    {
        ArgumentNullException.ThrowIfNull(roster);
        return Change(Roster.Compare(Roster ?? Roster.Empty(roster.Epoch), roster), roster);
    }

    /// <summary>
    /// Takes the roster that <paramref name="diff"/> made of the one shown, and looks at no other members than the diff's.
    /// If the diff does not lead from the one to the other, it is as if the roster had come alone.
    /// </summary>
    /// <returns>The members whose identifier is to be asked now, in the order of their numbers.</returns>
    public ImmutableArray<Member> Take(RosterDiff diff, Roster after)
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(after);
        var leadsThere = Roster?.Judge(diff) == DiffOutcome.Applied && after.At == new Stamp(diff.Epoch, diff.To);
        return leadsThere ? Change(diff, after) : Take(after);
    }

    /// <summary>
    /// Takes what the identifier returned for the state with this stamp, or null for a member not to be listed.
    /// Dropped if it was not asked for: the member has left, or has a newer state.
    /// </summary>
    public void Answer(string connectionId, Stamp stamp, string? id)
    {
        if (!_members.TryGetValue(connectionId, out var viewed) || !viewed.IsAwaited || viewed.Stamp != stamp) return;
        viewed.IsAwaited = false;
        List(viewed, id is null ? null : viewed.ListedAs(new(Verified: false, id)));
    }

    private ImmutableArray<Member> Change(RosterDiff diff, Roster after)
    {
        var touched = new SortedSet<int>(diff.Left);
        touched.UnionWith(diff.Joined.Select(member => member.Number));
        touched.UnionWith(diff.Updated.Select(update => update.Number));

        var before = Roster;
        Roster = after;
        foreach (var number in touched)
        {
            // Who is still there under another number has neither left nor to be asked again.
            if (before?.Find(number) is { } member && after.Find(member.ConnectionId) is null) Drop(member.ConnectionId);
        }
        var asked = ImmutableArray.CreateBuilder<Member>();
        foreach (var number in touched)
        {
            if (after.Find(number) is { } member && Show(member)) asked.Add(member);
        }
        return asked.DrainToImmutable();
    }

    // True if the identifier is to be asked.
    private bool Show(Member member)
    {
        var isKnown = _members.TryGetValue(member.ConnectionId, out var viewed);
        if (viewed is null) _members[member.ConnectionId] = viewed = new(member);
        var wasAsked = isKnown && viewed.IsSameQuestion(member);
        viewed.Member = member;
        if (wasAsked)
        {
            List(viewed, viewed.ListedAsBefore());
            return false;
        }
        viewed.IsAwaited = member.State.HasValue && member.UserId is null;
        if (!member.State.HasValue) List(viewed, null);
        else if (member.UserId is not null) List(viewed, viewed.ListedAs(new(Verified: true, member.UserId)));
        else List(viewed, viewed.Listing is { User.Verified: true } ? null : viewed.ListedAsBefore());
        return viewed.IsAwaited;
    }

    private void List(ViewedMember viewed, Listing? listing)
    {
        _groups.Replace(viewed.Listing, listing);
        viewed.Listing = listing;
    }

    private void Drop(string connectionId)
    {
        if (_members.Remove(connectionId, out var viewed)) _groups.Replace(viewed.Listing, null);
    }
}
