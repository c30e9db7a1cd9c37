namespace Mesh.Protocol;

/// <summary>A member as the view shows it: whose it is, and the state that was current when its id was last answered.</summary>
internal sealed record Listing(UserKey User, RawJson State, Stamp Stamp, Stamp JoinedAt, int Number, string ConnectionId)
{
    /// <summary>The order of users, and of the members of one.</summary>
    public static readonly IComparer<Listing> ByJoin = Comparer<Listing>.Create((x, y) =>
    {
        var order = x.JoinedAt.CompareTo(y.JoinedAt);
        if (order == 0) order = x.Number.CompareTo(y.Number);

        // While one roster takes the place of another, two members may have one number for a moment.
        return order != 0 ? order : string.CompareOrdinal(x.ConnectionId, y.ConnectionId);
    });

    /// <summary>The greatest is the one whose state is the user's.</summary>
    public static readonly IComparer<Listing> ByStamp = Comparer<Listing>.Create((x, y) =>
    {
        var order = x.Stamp.CompareTo(y.Stamp);
        return order != 0 ? order : ByJoin.Compare(y, x);
    });
}
