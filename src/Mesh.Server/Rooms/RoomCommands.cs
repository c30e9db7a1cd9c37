using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Joining and leaving rooms (protocol §5, §6).</summary>
internal sealed class RoomCommands(PresenceRules rules) : ICommandGroup
{
    private static readonly RawJson True = RawJson.FromText("true");
    private static readonly RawJson Success = new(JsonSerializer.SerializeToUtf8Bytes(new SuccessResult(true), ServerJson.Default.SuccessResult));

    public IEnumerable<RegisteredCommand> Commands =>
    [
        new(CommandNames.Noop, static _ => new(True), []),
        new(CommandNames.JoinRoom, JoinAsync, []),
        new(CommandNames.LeaveRoom, LeaveAsync, []),
    ];

    private async ValueTask<RawJson> JoinAsync(CommandContext context)
    {
        var room = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        if (!await rules.MayJoinAsync(context, room)) throw Refusals.Forbidden(room);
        var memberships = context.Connection.Memberships;
        var joined = await memberships.JoinAsync(room, state: null, context.CancellationToken);
        if (!await rules.MaySeeAsync(context, room)) return Alone(context.Connection);
        var roster = await memberships.ReadAsync(room, joined.At, context.CancellationToken);
        return new(RosterBodies.Of(roster).Joined);
    }

    // What a room that is empty otherwise would be answered by.
    private static RawJson Alone(MeshConnection connection) =>
        new(JsonSerializer.SerializeToUtf8Bytes(new JoinResult(true, [new(connection.Id, connection.Metadata)]), ServerJson.Default.JoinResult));

    private static async ValueTask<RawJson> LeaveAsync(CommandContext context)
    {
        var room = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        await context.Connection.Memberships.LeaveAsync(room);
        return Success;
    }
}
