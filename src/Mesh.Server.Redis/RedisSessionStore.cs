using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// The sessions of all nodes, by the node that has them: a token names it, and where it has them no longer, the next. So an idle
/// connection costs nothing, and those of a dead node are there until nobody asks for them.
/// </summary>
internal sealed partial class RedisSessionStore(RedisConnection redis, RedisNames names, RedisNode node, RedisSubscriptions subscriptions) : ISessionStore, IAsyncDisposable
{
    // From node to node, while the answers got lost.
    private const int MostMoves = 8;

    private readonly SemaphoreSlim _beginning = new(1);
    private RedisListening? _listening;

    public event Action<string>? Taken;

    public string NewToken(string connectionId) => SessionToken.New(node.Name, connectionId).ToString();

    public async ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken)
    {
        await ListenAsync();
        var json = JsonSerializer.SerializeToUtf8Bytes(new Saved(session.Moves, session.UserId, session.Owner, session.Metadata), SavedJson.Default.Saved);
        var answer = await EvaluateAsync(
            RedisScripts.SaveSession,
            node.Name,
            [session.ConnectionId, session.Moves, string.Join(' ', session.Tokens.Select(SessionToken.HashOf)), session.UserId ?? "", json, Kept],
            cancellationToken);
        return (string)answer! != "taken";
    }

    public async ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken)
    {
        if (!SessionToken.TryParse(token, out var parsed)) return new(SessionTakeOutcome.NotElsewhere);
        var holder = parsed.Node;
        for (var moves = 0; moves < MostMoves; moves++)
        {
            var isHere = holder == node.Name;
            var answer = (RedisResult[])(await EvaluateAsync(
                RedisScripts.TakeSession,
                holder,
                [parsed.ConnectionId, SessionToken.HashOf(token), userId ?? "", node.Name, isHere ? "1" : "0", names.Taken(holder), await redis.PublishCommandAsync()],
                cancellationToken))!;
            switch ((string)answer[0]!)
            {
                case "taken":
                    return new(SessionTakeOutcome.Taken, Read(parsed.ConnectionId, (byte[])answer[1]!));
                case "moved":
                    holder = (string)answer[1]!;
                    break;
                // What moved and came back is here; what moved and is not known there has ended there.
                default:
                    return new(isHere || moves == 0 ? SessionTakeOutcome.NotElsewhere : SessionTakeOutcome.Gone);
            }
        }
        return new(SessionTakeOutcome.Gone);
    }

    public async ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken) =>
        (string)(await EvaluateAsync(RedisScripts.EndSession, node.Name, [session.ConnectionId, session.Moves], cancellationToken))! != "taken";

    public async ValueTask DisposeAsync()
    {
        if (_listening is not null) await _listening.DisposeAsync();
        _beginning.Dispose();
    }

    private static long Kept => (long)RedisNode.SessionsKept.TotalMilliseconds;

    private static SavedSession Read(string connectionId, byte[] json)
    {
        var saved = JsonSerializer.Deserialize(json, SavedJson.Default.Saved)!;
        return new(connectionId, saved.Moves, [], saved.UserId, saved.Owner, saved.Metadata);
    }

    private ValueTask<RedisResult> EvaluateAsync(string script, string holder, RedisValue[] arguments, CancellationToken cancellationToken) =>
        redis.EvaluateAsync(script, [names.SessionsOf(holder)], arguments, cancellationToken);

    // Before the first session is there to be taken.
    private async ValueTask ListenAsync()
    {
        if (_listening is not null) return;
        await _beginning.WaitAsync();
        try
        {
            if (_listening is not null) return;
            _listening = await RedisConnection.TryAsync(() => subscriptions.ListenAsync(names.Taken(node.Name), Tell, () => _ = FindTakenAsync()));
        }
        finally
        {
            _beginning.Release();
        }
    }

    private void Tell(ReadOnlyMemory<byte> connectionId) => Taken?.Invoke(System.Text.Encoding.UTF8.GetString(connectionId.Span));

    // What was told while nobody listened.
    private async Task FindTakenAsync()
    {
        try
        {
            await foreach (var field in (await redis.DatabaseAsync()).HashScanAsync(names.SessionsOf(node.Name), "m:*"))
                Taken?.Invoke(((string)field.Name!)[2..]);
        }
        catch (Exception away) when (RedisConnection.IsAway(away))
        {
            // Then there will be another reconnection.
        }
    }

    /// <summary>What stands in Redis of a session; <c>moves</c> first, for the script that reads it.</summary>
    internal sealed record Saved([property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.Never)] int Moves, string? UserId, string? Owner, RawJson Metadata);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonSerializable(typeof(Saved))]
    internal sealed partial class SavedJson : JsonSerializerContext;
}
