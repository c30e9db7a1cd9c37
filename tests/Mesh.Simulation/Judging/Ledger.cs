using Mesh.Client;

namespace Mesh.Simulation;

/// <summary>What each client did, what was acknowledged and what was shown: by it, and not by the product's word, a run is judged.</summary>
internal sealed class Ledger(World world)
{
    // A user that nothing has happened to for this long has no reason to be missing.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(40);

    private readonly Dictionary<int, Publication> _byValue = [];
    private readonly Dictionary<(SimulatedClient Client, string Room), (HashSet<string> Users, Stamp At)> _seen = [];
    private readonly List<Publication> _publications = [];
    private readonly List<string> _violations = [];

    public IReadOnlyList<string> Violations => _violations;

    public IEnumerable<Publication> Of(string room, SimulatedUser user) => _publications.Where(it => it.Room == room && it.Client.User == user);

    public void Violate(string what) => _violations.Add($"{world.Timeline.Now.TotalSeconds:f3} s: {what}");

    public Publication Begin(SimulatedClient client, string room, int? value, TimeSpan? expireAfter)
    {
        var publication = new Publication(client, room, value, expireAfter, world.Timeline.Now)
        {
            SaidAt = client.Status == MeshClientStatus.Online ? world.Store.Find(room)?.Roster?.At : null,
        };
        _publications.Add(publication);
        if (value is { } number) _byValue[number] = publication;
        if (publication.Last is null) world.Disturb(client.User);
        world.Note($"{client.Machine.Name} publishes {value} in {room}");
        return publication;
    }

    public void Acknowledge(Publication publication)
    {
        publication.Acknowledged = world.Timeline.Now;
        publication.IsVain = publication.Last is null && HasNoStampOfIts(publication);
        if (publication.Last is null) world.Disturb(publication.Client.User);
        world.Timeline.Mix((ulong)(publication.Value ?? 0));
        world.Note($"{publication} is acknowledged");
    }

    public void Refuse(Publication publication, string code)
    {
        // Nobody knows what came of it.
        world.Disturb(publication.Client.User);
        world.Note($"{publication} is refused: {code}");
    }

    public void Left(SimulatedClient client, string room) => _seen.Remove((client, room));

    /// <summary>A view was shown.</summary>
    public void Saw(SimulatedClient client, string room, IReadOnlyList<PresenceUser<SimulatedState>> users)
    {
        if (!client.IsThere) return;
        var now = users.Select(it => it.Id).ToHashSet(StringComparer.Ordinal);
        var at = client.Roster(room)?.At ?? default;
        if (_seen.TryGetValue((client, room), out var before))
        {
            if (at < before.At) Violate($"{client.Machine.Name} went back in {room}: from {before.At} to {at}");
            foreach (var gone in before.Users.Except(now, StringComparer.Ordinal)) Miss(client, room, gone);
        }
        _seen[(client, room)] = (now, at);
        foreach (var user in users)
        {
            world.Timeline.Mix((ulong)(user.State?.Value ?? 0));
            if (user.State is { } state && _byValue.TryGetValue(state.Value, out var publication)) publication.ShownBy.Add(client);
        }
        world.Note($"{client.Machine.Name} sees in {room} at {at}: {string.Join(", ", users.Select(it => $"{it.Id}={it.State?.Value}×{it.TabCount}"))}");
    }

    private bool HasNoStampOfIts(Publication publication) =>
        publication.Client.ConnectionId is not { } id
        || world.Store.Find(publication.Room)?.Roster?.Find(id)?.Stamp is not { } stamp
        || stamp <= publication.SaidAt;

    private void Miss(SimulatedClient client, string room, string name)
    {
        var user = world.Users.Single(it => it.Name == name);
        if (world.Timeline.Now - user.Disturbed < Aftermath) return;
        Violate($"{name} is missing in {room} as {client.Machine.Name} sees it, and nothing has happened to {name}");
    }
}
