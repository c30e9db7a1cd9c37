using System.Collections.Immutable;

namespace Mesh.Protocol;

/// <summary>Listings grouped by user and kept in order, so that a change costs no look at the other users.</summary>
internal sealed class UserGroups
{
    private readonly Dictionary<UserKey, UserGroup> _groups = [];
    private readonly SortedSet<UserGroup> _inOrder = new(UserGroup.ByJoin);

    // Entries of users that went away since the array was made: who comes back unchanged is the same object.
    private readonly Dictionary<UserKey, UserEntry> _gone = [];
    private ImmutableArray<UserEntry> _entries = [];
    private bool _isStale;

    // Where the users stood to whom something happened since changes were last taken; null until somebody takes them.
    private Dictionary<UserKey, Listing?>? _touched;

    /// <summary>Lists a member in another way than before, lists it at all (from null), or no more (to null).</summary>
    public void Replace(Listing? before, Listing? after)
    {
        if (before == after) return;
        _isStale = true;
        if (before is not null && after is not null && before.User == after.User)
        {
            if (Listing.ByJoin.Compare(before, after) == 0) Update(before, after);
            else Change(before.User, group => group.Replace(before, after));
            return;
        }
        if (before is not null) Change(before.User, group => group.Remove(before));
        if (after is not null) Change(after.User, group => group.Add(after));
    }

    /// <summary>The users in order: the same array as before if nothing that it shows has changed.</summary>
    public ImmutableArray<UserEntry> ToEntries()
    {
        if (!_isStale) return _entries;
        _isStale = false;
        _gone.Clear();
        var entries = ImmutableArray.CreateBuilder<UserEntry>(_groups.Count);
        var isSame = _groups.Count == _entries.Length;
        foreach (var group in _inOrder)
        {
            var entry = group.Refresh();
            isSame = isSame && ReferenceEquals(entry, _entries[entries.Count]);
            entries.Add(entry);
        }
        return isSame ? _entries : _entries = entries.MoveToImmutable();
    }

    /// <summary>
    /// What has become of the users since this was last called, so that a list of them can be kept up without a look at the
    /// others; the first time, all users in order.
    /// </summary>
    public IReadOnlyList<UserChange> TakeChanges()
    {
        var touched = _touched;
        _touched = [];
        _gone.Clear();
        if (touched is null) return [.. _inOrder.Select(group => new UserChange(null, group.First, group.Refresh()))];
        var changes = new List<UserChange>(touched.Count);
        foreach (var (user, before) in touched)
        {
            if (_groups.TryGetValue(user, out var group)) changes.Add(new(before, group.First, group.Refresh()));
            else if (before is not null) changes.Add(new(before, null, null));
        }
        return changes;
    }

    // Nobody's place changes.
    private void Update(Listing before, Listing after)
    {
        var group = _groups[before.User];
        _touched?.TryAdd(before.User, group.First);
        group.Replace(before, after);
    }

    private void Change(UserKey user, Action<UserGroup> change)
    {
        if (_groups.TryGetValue(user, out var group)) _inOrder.Remove(group);
        else _groups[user] = group = Create(user);
        _touched?.TryAdd(user, group.First);
        change(group);
        if (!group.IsEmpty)
        {
            _inOrder.Add(group);
            return;
        }
        _groups.Remove(user);
        if (group.Entry is not null) _gone[user] = group.Entry;
    }

    private UserGroup Create(UserKey user)
    {
        _gone.Remove(user, out var entry);
        return new(user) { Entry = entry };
    }
}
