namespace Mesh.Simulation;

/// <summary>Whether everything is right, when it should be.</summary>
internal sealed class Judge(World world)
{
    // By then what was sent has taken effect, or is lost, but for what is cut off or frozen for longer.
    private static readonly TimeSpan Echo = TimeSpan.FromSeconds(20);

    /// <summary>What is wrong now; null if nothing is.</summary>
    public string? FindFault()
    {
        foreach (var client in world.Present)
            if (client.Status != Client.MeshClientStatus.Online) return $"{client.Machine.Name} is {client.Status}";
        return world.Rooms.Select(FindFault).FirstOrDefault(it => it is not null);
    }

    private string? FindFault(string room)
    {
        var inside = world.Present.Where(it => it.IsIn(room)).ToList();
        var roster = world.Store.Find(room)?.Roster ?? Roster.Empty(0);
        return FindFaultOfRoster(room, roster, inside)
            ?? inside.Select(it => FindFaultOfView(room, roster, inside, it)).FirstOrDefault(it => it is not null);
    }

    // In the store are those who are in the room, nobody else, and each belongs to a node that lives.
    private string? FindFaultOfRoster(string room, Roster roster, List<SimulatedClient> inside)
    {
        foreach (var client in inside)
            if (client.ConnectionId is not { } id || roster.Find(id) is null) return $"{client.Machine.Name} is lost in {room}";
        if (roster.Members.FirstOrDefault(it => inside.TrueForAll(client => client.ConnectionId != it.ConnectionId)) is { } ghost)
            return $"{ghost.ConnectionId} is a ghost in {room}, number {ghost.Number} of {world.Store.Find(room)?.OwnerOf(ghost.Number)}";
        foreach (var member in roster.Members)
        {
            var owner = world.Store.Find(room)?.OwnerOf(member.Number);
            if (!world.Nodes.Any(it => it.Generation == owner)) return $"{member.ConnectionId} in {room} is of {owner}, which is dead";
        }
        return null;
    }

    private string? FindFaultOfView(string room, Roster roster, List<SimulatedClient> inside, SimulatedClient client)
    {
        var name = client.Machine.Name;
        if (!client.IsFresh(room)) return $"{name}'s view of {room} is stale";
        if (client.Roster(room) is not { } shown) return $"{name} has no roster of {room}";
        if (!shown.Members.SequenceEqual(roster.Members))
            return $"{name} has a roster of {room} at {shown.At} with {Difference(shown, roster)}, not at {roster.At} with {Difference(roster, shown)}";

        var users = client.Users(room);
        foreach (var group in inside.GroupBy(it => it.User))
        {
            var user = users.SingleOrDefault(it => it.Id == group.Key.Name);
            if (FindFaultOfState(room, inside, group.Key, user?.State?.Value) is { } fault) return $"{name} shows {fault}";
            if (user is not null && user.TabCount != group.Count()) return $"{name} shows {user.TabCount} tabs of {user.Id} in {room}, not {group.Count()}";
        }
        return users.FirstOrDefault(it => inside.TrueForAll(one => one.User.Name != it.Id)) is { } ghost ? $"{name} shows {ghost.Id} in {room}, who is not there" : null;
    }

    private static string Difference(Roster one, Roster other) => string.Join(", ", one.Members.Except(other.Members));

    // As a register that several write to: what is shown was published, and nothing that must have taken effect was
    // published after it had been acknowledged.
    private string? FindFaultOfState(string room, List<SimulatedClient> inside, SimulatedUser user, int? shown)
    {
        var all = world.Ledger.Of(room, user).ToList();
        var firm = all.Where(it => IsFirm(it, all, inside)).ToList();
        if (shown is null && (firm.Count == 0 || (all.Exists(it => it.ExpireAfter is not null) && !world.Hazards.HasFlag(Hazards.Expiries)))) return null;
        if (all.Exists(it => it.Last == shown && !firm.Exists(later => later.Began > EndOf(it)))) return null;
        return $"{shown?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"} of {user.Name} in {room}, after {string.Join("; ", all.TakeLast(4))}";
    }

    // Another tab on the device says what it finds there and what was not acknowledged: that takes effect later than what it found.
    private TimeSpan EndOf(Publication publication)
    {
        if (publication.Acknowledged is not { } at) return TimeSpan.MaxValue;
        return world.Clients.Any(it => it != publication.Client && it.Device == publication.Client.Device && it.BeganAt < at && !(it.EndedAt < publication.Began))
            ? at + Echo
            : at;
    }

    // What was acknowledged, and not by a clear of nothing that came after it, holds as long as somebody is there who knows it: who published it, who has seen it as the
    // same user, or who is on the same device, where it was the last word.
    private static bool IsFirm(Publication publication, List<Publication> all, List<SimulatedClient> inside)
    {
        if (publication.Acknowledged is not { } at || all.Exists(it => it.IsVain && it.Client == publication.Client && it.Acknowledged == at)) return false;
        var device = publication.Client.Device;
        var isLastThere = all.FindLast(it => it.Client.Device == device) == publication;
        return inside.Exists(it =>
            it == publication.Client
            || (it.User == publication.Client.User && publication.ShownBy.Contains(it))
            || (isLastThere && it.Device == device));
    }
}
