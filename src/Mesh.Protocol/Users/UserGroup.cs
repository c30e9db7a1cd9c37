namespace Mesh.Protocol;

/// <summary>The listed members of one user, and the entry made of them.</summary>
internal sealed class UserGroup(UserKey user)
{
    /// <summary>The order of groups, for use while none of them changes.</summary>
    public static readonly IComparer<UserGroup> ByJoin = Comparer<UserGroup>.Create((x, y) => Listing.ByJoin.Compare(x.First, y.First));

    private readonly SortedSet<Listing> _byJoin = new(Listing.ByJoin);
    private readonly SortedSet<Listing> _byStamp = new(Listing.ByStamp);
    private bool _isStale;

    public UserKey User => user;

    /// <summary>The member that joined first, by which the group has its place; null if there is none.</summary>
    public Listing? First { get; private set; }

    public bool IsEmpty => First is null;

    /// <summary>The entry last made; null before the first.</summary>
    public UserEntry? Entry { get; set; }

    public void Add(Listing listing)
    {
        _byJoin.Add(listing);
        _byStamp.Add(listing);
        Changed();
    }

    public void Remove(Listing listing)
    {
        _byJoin.Remove(listing);
        _byStamp.Remove(listing);
        Changed();
    }

    public void Replace(Listing before, Listing after)
    {
        Remove(before);
        Add(after);
    }

    /// <summary>Makes the entry anew if something changed; one that comes out equal stays the same object.</summary>
    public UserEntry Refresh()
    {
        if (!_isStale && Entry is not null) return Entry;
        _isStale = false;
        var entry = new UserEntry(user.Id, _byStamp.Max!.State, _byJoin.Count, user.Verified);
        return entry == Entry ? Entry : Entry = entry;
    }

    private void Changed()
    {
        First = _byJoin.Min;
        _isStale = true;
    }
}
