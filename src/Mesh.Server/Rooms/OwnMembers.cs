using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>The members of a room that are connections of this node.</summary>
internal sealed class OwnMembers(string room, IRoomStore store, Persistence persistence, ILogger log)
{
    private const int AtOnce = 64;
    private const int MostLeft = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, MeshConnection> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _left = new();

    public void Add(MeshConnection connection)
    {
        lock (_gate) _byId[connection.Id] = connection;
    }

    /// <summary>Whether a connection of this node is to be that member; not if it has left since, and perhaps joined again as another.</summary>
    public bool Holds(Member member) => Find(member.ConnectionId)?.Memberships.Holds(room, member) is true;

    /// <summary>Whether the connection was a member before, as far as that is remembered.</summary>
    public bool HasLeft(string connectionId)
    {
        lock (_gate) return _left.Contains(connectionId);
    }

    public void Remove(MeshConnection connection)
    {
        lock (_gate)
        {
            // Another of the same id may be here by now: it went to another node and came back.
            if (_byId.GetValueOrDefault(connection.Id) is { } other && other != connection) return;
            _byId.Remove(connection.Id);
            _left.Enqueue(connection.Id);
            if (_left.Count > MostLeft) _left.Dequeue();
        }
    }

    public void Broadcast(Broadcast broadcast)
    {
        var message = OutboundMessage.Of(broadcast.Frame);
        lock (_gate)
            foreach (var member in _byId.Values)
                if (!broadcast.Except.Contains(member.Id)) member.Transport?.TrySend(message);
    }

    /// <summary>
    /// After the room was read again: the store may have lost changes that it had told, as after a failover. What it has lost of this
    /// node's members is told again, and who had left and is there again leaves again.
    /// </summary>
    public async Task PutRightAsync(Roster before, Roster now)
    {
        foreach (var some in All.Chunk(AtOnce))
            await Task.WhenAll(some.Select(it => it.Memberships.JoinAgainAsync(room, now.Find(it.Id))));
        foreach (var some in now.Members.Where(it => HasLeft(it, before)).Chunk(AtOnce))
            await Task.WhenAll(some.Select(it => LeaveAgainAsync(it.ConnectionId)));
    }

    private MeshConnection[] All
    {
        get { lock (_gate) return [.. _byId.Values]; }
    }

    private MeshConnection? Find(string connectionId)
    {
        lock (_gate) return _byId.GetValueOrDefault(connectionId);
    }

    // Who is known to have left here, or joined before what was known, and was not known. The store alone knows whose connections they are.
    private bool HasLeft(Member member, Roster before)
    {
        lock (_gate)
            return !_byId.ContainsKey(member.ConnectionId)
                && (_left.Contains(member.ConnectionId) || member.JoinedAt <= before.At && before.Find(member.ConnectionId) is null);
    }

    private async Task LeaveAgainAsync(string connectionId)
    {
        try
        {
            await persistence.UntilDoneAsync(() => store.LeaveAsync(room, connectionId, CancellationToken.None));
            // It may have joined meanwhile.
            if (Find(connectionId) is { } connection) await connection.Memberships.JoinAgainAsync(room, held: null);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.RoomChangeFailed(connectionId, failure);
        }
    }
}
