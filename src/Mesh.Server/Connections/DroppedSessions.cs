using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>
/// The sessions within their grace, of each user and each address. They hold what their connections held, so there may be as many of them as
/// there may be connections; of more the oldest ends (protocol §12).
/// </summary>
internal sealed class DroppedSessions(IOptions<MeshOptions> options)
{
    private readonly Lock _gate = new();

    // By user, a text, and by network, an address.
    private readonly Dictionary<object, SortedDictionary<long, MeshConnection>> _dropped = [];
    private readonly Dictionary<MeshConnection, (long Number, object?[] Whose)> _places = [];
    private long _last;

    public void Add(MeshConnection connection)
    {
        object?[] whose = [connection.UserId, connection.Network];
        MeshConnection?[] over;
        lock (_gate)
        {
            Take(connection);
            _places[connection] = (++_last, whose);
            over = [Put(whose[0], options.Value.ConnectionsPerUser, connection), Put(whose[1], options.Value.ConnectionsPerAddress, connection)];
        }
        foreach (var oldest in over) oldest?.Session?.CutGrace();
    }

    /// <summary>The connection has been resumed, or has ended.</summary>
    public void Remove(MeshConnection connection)
    {
        lock (_gate) Take(connection);
    }

    // The oldest one, if there are too many.
    private MeshConnection? Put(object? whose, int most, MeshConnection connection)
    {
        if (whose is null) return null;
        if (!_dropped.TryGetValue(whose, out var dropped)) _dropped[whose] = dropped = [];
        dropped.Add(_last, connection);
        return dropped.Count > most ? dropped.First().Value : null;
    }

    private void Take(MeshConnection connection)
    {
        if (!_places.Remove(connection, out var place)) return;
        foreach (var whose in place.Whose)
            if (whose is not null && _dropped[whose].Remove(place.Number) && _dropped[whose].Count == 0) _dropped.Remove(whose);
    }
}
