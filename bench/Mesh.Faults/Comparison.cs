namespace Mesh.Faults;

/// <summary>Compares the views of one room with the truth, and with each other where the truth leaves a choice.</summary>
internal sealed class Comparison(IGrouping<string, User> room)
{
    private readonly Dictionary<string, User> _users = room.ToDictionary(user => user.Id, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _chosen = new(StringComparer.Ordinal);
    private readonly long _now = Stopwatch.GetTimestamp();

    public IEnumerable<Difference> Compare(View view)
    {
        if (view.Users is not { } shown)
        {
            yield return New(view, null, "nothing was seen yet");
            yield break;
        }
        if (!view.IsFresh) yield return New(view, null, "the view is stale");
        var missing = new HashSet<string>(_users.Values.Where(user => user.Present > 0).Select(user => user.Id), StringComparer.Ordinal);
        foreach (var one in shown)
        {
            missing.Remove(one.UserId);
            if (DifferenceOf(one) is { } difference) yield return New(view, _users.GetValueOrDefault(one.UserId), difference);
        }
        foreach (var userId in missing) yield return New(view, _users[userId], $"{userId} is missing");
    }

    private Difference New(View view, User? user, string what) => new($"{room.Key}: {what}", user, view.Viewer);

    private string? DifferenceOf(Shown one)
    {
        if (!_users.TryGetValue(one.UserId, out var user)) return $"{one.UserId} is shown, whom nobody knows";
        var lingering = user.LingeringAt(_now);
        var present = user.Present;
        if (one.Tabs > present + lingering) return present == 0 ? $"{user.Id} is a ghost" : $"{user.Id} has {one.Tabs} tabs, not {present}";
        if (one.Tabs < present) return $"{user.Id} has {one.Tabs} tabs, not {present}";
        if (present == 0) return null;
        var marks = one.Mark?.Split('|') ?? [];
        var right = marks.FirstOrDefault(user.States.Contains);
        if (right is null || (marks.Length > 1 && lingering == 0)) return $"{user.Id} has the state {one.Mark ?? "null"}, not {string.Join(" or ", user.States)}";
        if (_chosen.TryAdd(user.Id, right) || _chosen[user.Id] == right) return null;
        return $"{user.Id} has the state {right}, and elsewhere {_chosen[user.Id]}";
    }
}
