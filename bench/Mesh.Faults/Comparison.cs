namespace Mesh.Faults;

/// <summary>Compares the views of one room with the truth, and with each other where the truth leaves a choice.</summary>
internal sealed class Comparison(IGrouping<string, User> room)
{
    private readonly Dictionary<string, User> _users = room.ToDictionary(user => user.Id, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _chosen = new(StringComparer.Ordinal);
    private readonly long _now = Stopwatch.GetTimestamp();

    public IEnumerable<string> Compare(View view)
    {
        var who = $"{view.Viewer} in {room.Key}";
        if (view.Users is not { } shown)
        {
            yield return $"{who} has seen nothing yet";
            yield break;
        }
        if (!view.IsFresh) yield return $"{who} is stale";
        var missing = new HashSet<string>(_users.Values.Where(user => user.Present > 0).Select(user => user.Id), StringComparer.Ordinal);
        foreach (var one in shown)
        {
            missing.Remove(one.UserId);
            if (Difference(one) is { } difference) yield return $"{who} {difference}";
        }
        foreach (var userId in missing) yield return $"{who} lacks {userId}";
    }

    private string? Difference(Shown one)
    {
        if (!_users.TryGetValue(one.UserId, out var user)) return $"shows {one.UserId}, whom nobody knows";
        var lingering = user.LingeringAt(_now);
        var present = user.Present;
        if (one.Tabs > present + lingering) return present == 0 ? $"shows {user.Id} as a ghost" : $"shows {user.Id} with {one.Tabs} tabs, not {present}";
        if (one.Tabs < present) return $"shows {user.Id} with {one.Tabs} tabs, not {present}";
        if (present == 0) return null;
        var marks = one.Mark?.Split('|') ?? [];
        var right = marks.FirstOrDefault(user.States.Contains);
        if (right is null || (marks.Length > 1 && lingering == 0)) return $"shows {user.Id} as {one.Mark ?? "nothing"}, not {string.Join(" or ", user.States)}";
        if (_chosen.TryAdd(user.Id, right) || _chosen[user.Id] == right) return null;
        return $"shows {user.Id} as {right}, and others as {_chosen[user.Id]}";
    }
}
