using System.Collections;
using System.Reflection;

namespace Mesh.Server.Tests;

/// <summary>What a server has in memory, counted where it is kept.</summary>
internal static class Kept
{
    /// <summary>Rooms that this node listens to.</summary>
    public static int Rooms(TestServer server) => RoomsOf(server).Count;

    public static int StoredRooms(TestServer server) => Read<ICollection>(server.Get<IRoomStore>(), "_rooms").Count;

    public static int Tokens(TestServer server) => Read<ICollection>(server.Get<ConnectionRegistry>(), "_byToken").Count;

    /// <summary>Sessions that count as dropped.</summary>
    public static int Dropped(TestServer server) => Read<ICollection>(server.Get<DroppedSessions>(), "_places").Count + Read<ICollection>(server.Get<DroppedSessions>(), "_dropped").Count;

    /// <summary>Who the room tells its changes.</summary>
    public static int Subscriptions(TestServer server, string room)
    {
        var found = (Room)RoomsOf(server)[room]!;
        return Read<HashSet<Subscription>>(found, "_plain").Count + Read<HashSet<Subscription>>(Read<object>(found, "_diffs"), "_subscriptions").Count;
    }

    /// <summary>How many memberships and subscriptions keep the room.</summary>
    public static int Users(TestServer server, string room) => ((Room)RoomsOf(server)[room]!).Users;

    private static IDictionary RoomsOf(TestServer server) => Read<IDictionary>(server.Get<RoomDirectory>(), "_rooms");

    private static T Read<T>(object owner, string field) =>
        (T)owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic).ShouldNotBeNull().GetValue(owner)!;
}
