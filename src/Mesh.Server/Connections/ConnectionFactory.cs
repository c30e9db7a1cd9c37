using System.Buffers.Binary;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Makes connections: new ones, and those that come from another node.</summary>
internal sealed class ConnectionFactory(RoomAccess rooms, UserIdentity identity, IOptions<MeshJsonOptions> json, TimeProvider time)
{
    public MeshConnection Open(Transport transport, ClaimsPrincipal user) => Make(NewId(), user, identity.Of(user), transport);

    /// <summary>A connection that another node had; its WebSocket is still to be given to it.</summary>
    public MeshConnection Adopt(SavedSession saved, ClaimsPrincipal user)
    {
        var connection = Make(saved.ConnectionId, user, saved.UserId, transport: null);
        connection.Session = new(saved.Owner, saved.Moves + 1);
        connection.Metadata = saved.Metadata;
        return connection;
    }

    private MeshConnection Make(string id, ClaimsPrincipal user, string? userId, Transport? transport) =>
        new(id, user, userId, json.Value.SerializerOptions, transport, it => new Memberships(it, rooms));

    // Time first, so that ids sort by age; the rest can't be guessed.
    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[14];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        RandomNumberGenerator.Fill(bytes[6..]);
        return "conn-" + Convert.ToHexStringLower(bytes);
    }
}
