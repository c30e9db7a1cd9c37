using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Some users that stand next to each other in a list.</summary>
internal sealed class UserListPart<TState>
{
    /// <summary>What a change costs is this, and a look at each of the parts.</summary>
    private const int MostRows = 128;

    private readonly List<UserListRow<TState>> _rows = [];
    private PresenceUser<TState>[]? _users;

    public bool IsEmpty => _rows.Count == 0;

    public Listing First => _rows[0].Place;

    /// <summary>The same array until something changes.</summary>
    public PresenceUser<TState>[] Users => _users ??= [.. _rows.Select(row => row.User)];

    public void Insert(UserListRow<TState> row)
    {
        _rows.Insert(~Find(row.Place), row);
        _users = null;
    }

    public UserListRow<TState> Remove(Listing place)
    {
        var at = Find(place);
        var row = _rows[at];
        _rows.RemoveAt(at);
        _users = null;
        return row;
    }

    /// <returns>False if the entry is there already.</returns>
    public bool Replace(Listing place, UserEntry entry, Func<UserEntry, PresenceUser<TState>> create)
    {
        var at = Find(place);
        if (ReferenceEquals(_rows[at].Entry, entry)) return false;
        _rows[at] = new(place, entry, create(entry));
        _users = null;
        return true;
    }

    /// <returns>The second half, taken out of one that has become too large; else null.</returns>
    public UserListPart<TState>? Split()
    {
        if (_rows.Count <= MostRows) return null;
        var second = new UserListPart<TState>();
        second._rows.AddRange(_rows[(MostRows / 2)..]);
        _rows.RemoveRange(MostRows / 2, _rows.Count - (MostRows / 2));
        _users = null;
        return second;
    }

    /// <summary>Takes over the part that follows, if both have become small.</summary>
    public bool TryAbsorb(UserListPart<TState> next)
    {
        if (_rows.Count + next._rows.Count > MostRows / 2) return false;
        _rows.AddRange(next._rows);
        _users = null;
        return true;
    }

    // As List.BinarySearch.
    private int Find(Listing place)
    {
        var (low, high) = (0, _rows.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Listing.ByJoin.Compare(_rows[middle].Place, place);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }
}
