using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>Brings back what this node had at the store, after the store lost it or took the node for dead.</summary>
internal sealed class Restoration(ConnectionRegistry connections, Sessions sessions, IRoomStore rooms, ISessionStore store, ILogger<Restoration> log)
{
    private const int AtOnce = 64;

    public void Begin()
    {
        rooms.MembersLost += () => ForAllAsync(RestoreAsync);
        store.Taken += Lose;
    }

    // It may be here again by now.
    private void Lose(string id, int moves)
    {
        if (connections.Find(id) is { Session: { } session } connection && session.Moves < moves) connection.Lose();
    }

    // One that another node has taken meanwhile is found out by the attempt to save it, and does not join.
    private async Task RestoreAsync(MeshConnection connection)
    {
        await sessions.SaveAsync(connection);
        await connection.Memberships.JoinAgainAsync();
    }

    private Task ForAllAsync(Func<MeshConnection, Task> act) =>
        Parallel.ForEachAsync(connections.All, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (connection, _) =>
        {
            try
            {
                await act(connection);
            }
            catch (Exception failure)
            {
                log.RoomChangeFailed(connection.Id, failure);
            }
        });
}
