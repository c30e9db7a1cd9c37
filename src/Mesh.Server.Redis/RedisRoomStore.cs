using System.Text.Json;
using Mesh.Protocol;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>The store of many nodes: each change is one script, which also tells it.</summary>
internal sealed class RedisRoomStore(
    RedisConnection redis, RedisNames names, RedisNode node, RedisSubscriptions subscriptions, RedisKnown known, RoomScripts scripts, RoomChanges changes, IOptions<MeshOptions> options) : IRoomStore
{
    public event Func<Task>? MembersLost
    {
        add => node.Lost += value;
        remove => node.Lost -= value;
    }

    public event Action? Away
    {
        add => node.Away += value;
        remove => node.Away -= value;
    }

    public async ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken)
    {
        // Others may have taken the node for dead, and would not look for what it adds now. In this order: a new generation has no lease yet.
        var generation = node.Generation;
        if (!node.IsAlive) throw RedisConnection.Unsent();
        var most = member.IsPutBack ? int.MaxValue : options.Value.MembersPerRoom;
        RedisValue[] arguments =
            [member.ConnectionId, most, ScriptArguments.Of(member), member.Metadata.Utf8, member.Moves, .. ScriptArguments.Of(state)];
        return await node.Rooms.JoinAsync(generation, room, () => ChangeAsync(RedisScripts.Join, room, generation, arguments, cancellationToken));
    }

    public ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken) =>
        ChangeAsync(RedisScripts.SetState, room, node.Generation, [connectionId, .. ScriptArguments.Of(state)], cancellationToken);

    public ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken) =>
        ChangeAsync(RedisScripts.SetMetadata, room, node.Generation, [connectionId, metadata.Utf8], cancellationToken);

    public async ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken)
    {
        var generation = node.Generation;
        var change = await ChangeAsync(RedisScripts.Leave, room, generation, [connectionId], cancellationToken);
        node.Rooms.Leave(generation, room);
        return change;
    }

    public async ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken)
    {
        var answer = await scripts.EvaluateAsync(RedisScripts.Read, room, node.Generation, [], cancellationToken);
        var roster = JsonSerializer.Deserialize((byte[])answer!, ProtocolJson.Default.Roster)!;
        known.See(room, roster.At);
        return roster;
    }

    public ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken) =>
        RedisConnection.TryAsync(async () => new RawJson((byte[]?)await (await redis.DatabaseAsync()).StringGetAsync(names.Metadata(room)).WaitAsync(cancellationToken)));

    public async ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken)
    {
        await RedisConnection.TryAsync(SetAsync);

        async Task SetAsync()
        {
            var database = await redis.DatabaseAsync();
            var set = metadata.IsAbsent ? database.KeyDeleteAsync(names.Metadata(room)) : database.StringSetAsync(names.Metadata(room), metadata.Utf8);
            await set.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken)
    {
        var kept = known.Keep(room);
        try
        {
            return new Listening(await RedisConnection.TryAsync(() => subscriptions.ListenAsync(names.Changes(room), Hear, missed)), kept);
        }
        catch
        {
            kept.Dispose();
            throw;
        }

        void Hear(ReadOnlyMemory<byte> message)
        {
            var told = RoomEventReader.Read(room, message);
            known.See(room, new(told.Change.Epoch, told.Change.To));
            listener(told);
        }
    }

    private async ValueTask<RoomChange> ChangeAsync(string script, string room, string generation, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await changes.MakeAsync(script, room, generation, arguments, cancellationToken))!;
        var member = (byte[])answer[4]!;
        var at = new Stamp((long)answer[2], (long)answer[3]);
        known.See(room, at);
        return new(
            Enum.Parse<ChangeOutcome>((string)answer[0]!),
            member.Length == 0 ? null : JsonSerializer.Deserialize(member, ProtocolJson.Default.Member),
            at)
        {
            Timestamp = (long)answer[5],
            Refusal = (string)answer[1]! is { Length: > 0 } refusal ? Enum.Parse<RestoreRefusal>(refusal) : null,
        };
    }

    private sealed class Listening(RedisListening listening, IDisposable kept) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await listening.DisposeAsync();
            kept.Dispose();
        }
    }
}
