namespace Mesh.Protocol;

/// <summary>What the view keeps of a connection.</summary>
internal sealed class ViewedMember(Member member)
{
    /// <summary>The member as it is now.</summary>
    public Member Member { get; set; } = member;

    /// <summary>True while the identifier has not answered for the newest state.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>How the member is shown, perhaps by an older state; null if it is not listed.</summary>
    public Listing? Listing { get; set; }

    /// <summary>The newest state's stamp.</summary>
    public Stamp Stamp => Member.Stamp ?? default;

    /// <summary>True if <paramref name="now"/> has the same state of the same user, so that what was answered still holds.</summary>
    public bool IsSameQuestion(Member now) =>
        Member.Stamp == now.Stamp && Member.State == now.State && Member.UserId == now.UserId;

    /// <summary>What is listed already, in the member's place of now.</summary>
    public Listing? ListedAsBefore() => Listing is null ? null : Listing with { JoinedAt = Member.JoinedAt, Number = Member.Number };

    /// <summary>The newest state, listed for <paramref name="user"/>.</summary>
    public Listing ListedAs(UserKey user) => new(user, Member.State, Stamp, Member.JoinedAt, Member.Number, Member.ConnectionId);
}
