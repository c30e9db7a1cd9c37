using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Metadata of connections and rooms (protocol §7).</summary>
internal sealed class MetadataCommands(IRoomStore store, ConnectionRegistry connections, PresenceRules rules) : ICommandGroup
{
    private static readonly RawJson Success = new(JsonSerializer.SerializeToUtf8Bytes(new SuccessResult(true), ServerJson.Default.SuccessResult));

    public IEnumerable<RegisteredCommand> Commands =>
    [
        new(CommandNames.SetMyConnectionMetadata, SetMineAsync, []),
        new(CommandNames.GetMyConnectionMetadata, static context => new(Result(context.Connection.Metadata)), []),
        new(CommandNames.GetConnectionMetadata, GetAsync, []),
        new(CommandNames.GetRoomMetadata, GetOfRoomAsync, []),
    ];

    private async ValueTask<RawJson> SetMineAsync(CommandContext context)
    {
        var request = Payload.Read(context, ServerJson.Default.MetadataRequest);
        if (request.Metadata.IsAbsent) throw Refusals.Invalid("metadata is missing");
        await context.Transport.PayForAsync(context.Connection.Rooms.Count);
        await context.Connection.Memberships.SetMetadataAsync(request.Metadata, Strategy(request.Options?.Strategy), context.CancellationToken);
        return Success;
    }

    private ValueTask<RawJson> GetAsync(CommandContext context)
    {
        var id = Payload.Read(context, ServerJson.Default.ConnectionRequest).ConnectionId ?? throw Refusals.Invalid("connectionId is missing");
        return new(Result(connections.Find(id)?.Metadata ?? default));
    }

    private async ValueTask<RawJson> GetOfRoomAsync(CommandContext context)
    {
        var room = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        // Whether it has any would tell that it exists.
        if (!await rules.MaySeeAsync(context, room)) return Result(default);
        return Result(await store.GetMetadataAsync(room, context.CancellationToken));
    }

    private static RawJson Result(RawJson metadata) =>
        new(JsonSerializer.SerializeToUtf8Bytes(new MetadataResult(metadata), ServerJson.Default.MetadataResult));

    private static MetadataStrategy Strategy(string? name) => name switch
    {
        null or "replace" => MetadataStrategy.Replace,
        "merge" => MetadataStrategy.Merge,
        "deepMerge" => MetadataStrategy.DeepMerge,
        _ => throw Refusals.Invalid("strategy must be replace, merge or deepMerge"),
    };
}
