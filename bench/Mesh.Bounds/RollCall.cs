using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>Counts the views in which somebody is missing who is there.</summary>
internal sealed class RollCall
{
    private volatile string[] _expected = [];
    private int _missed;

    public int Missed => Volatile.Read(ref _missed);

    /// <summary>All of these have been seen by all, and none of them goes.</summary>
    public void Expect(IEnumerable<string> userIds) => _expected = [.. userIds];

    public void Take(IReadOnlyList<PresenceUser<State>> users)
    {
        if (_expected.Any(expected => users.All(user => user.Id != expected))) Interlocked.Increment(ref _missed);
    }
}
