namespace Mesh.Protocol;

/// <summary>What has become of a user since changes were last taken.</summary>
/// <param name="Before">Where the user stood then, by <see cref="Listing.ByJoin"/>; null if nowhere.</param>
/// <param name="Now">Where the user stands now; null if nowhere any more.</param>
/// <param name="Entry">The entry now; the same object as then if it has not changed.</param>
internal readonly record struct UserChange(Listing? Before, Listing? Now, UserEntry? Entry)
{
    public bool IsInPlace => Before is not null && Now is not null && Listing.ByJoin.Compare(Before, Now) == 0;
}
