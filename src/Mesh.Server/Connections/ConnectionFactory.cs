using System.Security.Claims;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Makes connections: new ones, and those that come from another node.</summary>
internal sealed class ConnectionFactory(ConnectionIds ids, RoomAccess rooms, UserIdentity identity, IOptions<MeshJsonOptions> json)
{
    public MeshConnection Open(Transport transport, ClaimsPrincipal user) => Make(ids.Next(), user, identity.Of(user), transport);

    /// <summary>A connection that another node had; its WebSocket is still to be given to it.</summary>
    public MeshConnection Adopt(SavedSession saved, ClaimsPrincipal user)
    {
        var connection = Make(saved.ConnectionId, user, saved.UserId, transport: null);
        // The store knows of it, if only as another node's.
        connection.Session = new(saved.Owner, saved.Moves + 1) { MayBeSaved = true };
        connection.Metadata = saved.Metadata;
        return connection;
    }

    private MeshConnection Make(string id, ClaimsPrincipal user, string? userId, Transport? transport) =>
        new(id, user, userId, json.Value.SerializerOptions, transport, it => new Memberships(it, rooms));
}
