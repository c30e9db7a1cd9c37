using System.Collections.Immutable;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The users as an application sees them: one list for each change, in which who has not changed is the same object.</summary>
internal sealed class UserList<TState>(StateReader<TState> states)
{
    private ImmutableArray<UserEntry> _entries = [];
    private PresenceUser<TState>[] _users = [];

    /// <returns>The list as before if the entries are the same array.</returns>
    public IReadOnlyList<PresenceUser<TState>> Show(ImmutableArray<UserEntry> entries)
    {
        if (entries == _entries) return _users;
        var users = new PresenceUser<TState>[entries.Length];
        Dictionary<UserEntry, PresenceUser<TState>>? moved = null;
        var (old, skipped) = (0, 0);
        for (var at = 0; at < users.Length; at++)
        {
            var entry = entries[at];
            if (!IsUserAt(old, entry) && IsUserAt(old + 1, entry)) (old, skipped) = (old + 1, skipped + 1);
            if (IsUserAt(old, entry))
            {
                users[at] = ReferenceEquals(_entries[old], entry) ? _users[old] : Create(entry);
                old++;
            }
            else if (old == _entries.Length && skipped == 0)
            {
                users[at] = Create(entry);
            }
            else
            {
                // Somebody is in another place than before, or new in between.
                moved ??= ByEntry();
                users[at] = moved.GetValueOrDefault(entry) ?? Create(entry);
            }
        }
        (_entries, _users) = (entries, users);
        return users;
    }

    private bool IsUserAt(int index, UserEntry entry) =>
        index < _entries.Length && _entries[index] is var before && before.Verified == entry.Verified && before.Id == entry.Id;

    private Dictionary<UserEntry, PresenceUser<TState>> ByEntry()
    {
        var known = new Dictionary<UserEntry, PresenceUser<TState>>(_entries.Length, ReferenceEqualityComparer.Instance);
        for (var at = 0; at < _users.Length; at++) known[_entries[at]] = _users[at];
        return known;
    }

    private PresenceUser<TState> Create(UserEntry entry)
    {
        states.TryRead(entry.State, out var state, out _);
        return new(entry.Id, state, entry.TabCount, entry.Verified);
    }
}
