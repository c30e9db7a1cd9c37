using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The refusals that Mesh's own commands answer (protocol §13).</summary>
internal static class Refusals
{
    public static MeshException NotFound(string command) => new(ErrorCodes.NotFound, $"Command \"{command}\" not found");

    public static MeshException Invalid(string what) => new(ErrorCodes.Invalid, what);

    public static MeshException NotTracked(string room) => new(ErrorCodes.NotTracked, $"Presence is not tracked in room \"{room}\"");

    public static MeshException Forbidden(string room) => new(ErrorCodes.Forbidden, $"Presence in room \"{room}\" is not for this connection");

    public static MeshException StateRefused(string why) => new(ErrorCodes.Refused, why);

    public static MeshException NotMember(string room) => new(ErrorCodes.NotMember, $"The connection is not a member of room \"{room}\"");

    public static MeshException TooLarge(string what, int limit) => new(ErrorCodes.TooLarge, $"The {what} is larger than {limit} bytes");

    public static MeshException TooManyRooms() => new(ErrorCodes.Limit, "The connection is in too many rooms");

    public static MeshException RoomFull(string room) => new(ErrorCodes.Limit, $"Room \"{room}\" is full");

    public static MeshException Ended() => new(ErrorCodes.Closed, "The connection has ended");

    public static MeshException Failed() => new(ErrorCodes.Server, "The command failed") { Name = "Error" };
}
