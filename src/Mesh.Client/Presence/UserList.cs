using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// The users as an application sees them: one list for each batch of changes, in which who has not changed is the same object.
/// It is kept in parts, of which only those are made anew in which something has changed.
/// </summary>
internal sealed class UserList<TState>(StateReader<TState> states)
{
    private readonly List<UserListPart<TState>> _parts = [];
    private PartedList<PresenceUser<TState>> _shown = new([]);

    /// <returns>The list as before if nothing that it shows has changed.</returns>
    public IReadOnlyList<PresenceUser<TState>> Show(IReadOnlyList<UserChange> changes)
    {
        var moving = RemoveThoseThatMove(changes, out var hasMoved);
        var hasNew = false;
        foreach (var change in changes)
        {
            if (change is not { Now: { } place, Entry: { } entry }) continue;
            if (change.IsInPlace)
            {
                hasNew |= Replace(place, entry);
                continue;
            }
            var user = moving.GetValueOrDefault(entry);
            hasNew |= user is null;
            hasMoved = true;
            Insert(new(place, entry, user ?? Create(entry)));
        }
        if (!hasMoved && !hasNew) return _shown;
        var shown = new PartedList<PresenceUser<TState>>([.. _parts.Select(part => part.Users)]);
        // In a new epoch they may have other places in the same order.
        var isSame = !hasNew && shown.Count == _shown.Count && shown.SequenceEqual(_shown, ReferenceEqualityComparer.Instance);
        return isSame ? _shown : _shown = shown;
    }

    // Places are left before others take them.
    private Dictionary<UserEntry, PresenceUser<TState>> RemoveThoseThatMove(IReadOnlyList<UserChange> changes, out bool hasMoved)
    {
        var moving = new Dictionary<UserEntry, PresenceUser<TState>>(ReferenceEqualityComparer.Instance);
        hasMoved = false;
        foreach (var change in changes)
        {
            if (change.Before is null || change.IsInPlace) continue;
            var row = Remove(change.Before);
            moving[row.Entry] = row.User;
            hasMoved = true;
        }
        return moving;
    }

    private bool Replace(Listing place, UserEntry entry) => _parts[PartOf(place)].Replace(place, entry, Create);

    private void Insert(UserListRow<TState> row)
    {
        if (_parts.Count == 0) _parts.Add(new());
        var at = PartOf(row.Place);
        _parts[at].Insert(row);
        if (_parts[at].Split() is { } second) _parts.Insert(at + 1, second);
    }

    private UserListRow<TState> Remove(Listing place)
    {
        var at = PartOf(place);
        var row = _parts[at].Remove(place);
        if (_parts[at].IsEmpty) _parts.RemoveAt(at);
        else if (at + 1 < _parts.Count && _parts[at].TryAbsorb(_parts[at + 1])) _parts.RemoveAt(at + 1);
        else if (at > 0 && _parts[at - 1].TryAbsorb(_parts[at])) _parts.RemoveAt(at);
        return row;
    }

    // The last part that does not begin after the place; else the first one.
    private int PartOf(Listing place)
    {
        var (low, high) = (0, _parts.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Listing.ByJoin.Compare(_parts[middle].First, place) <= 0) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    private PresenceUser<TState> Create(UserEntry entry)
    {
        states.TryRead(entry.State, out var state, out _);
        return new(entry.Id, state, entry.TabCount, entry.Verified);
    }
}
