using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// The sessions of all nodes, by the node that has them: a token names it, and where it has them no longer, the next. So an idle
/// connection costs nothing, and those of a dead node are there until nobody asks for them.
/// </summary>
internal sealed partial class RedisSessionStore(RedisConnection redis, RedisNames names, RedisNode node, RedisSubscriptions subscriptions, RedisTakings takings) : ISessionStore, IAsyncDisposable
{
    // From node to node, while the answers got lost.
    private const int MostSteps = 16;

    // Taken and not saved yet, by connection: from whom.
    private readonly ConcurrentDictionary<string, (string Node, string Taking)> _unreleased = new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _beginning = new(1);
    private RedisListening? _listening;

    public event Action<string, int>? Taken;

    /// <summary>How many were taken and are not saved yet.</summary>
    public int Unreleased => _unreleased.Count;

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
        if ((string)answer! == "taken")
        {
            Forget(session);
            return false;
        }
        await ReleaseAsync(session, cancellationToken);
        return true;
    }

    public async ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken)
    {
        if (!SessionToken.TryParse(token, out var parsed)) return new(SessionTakeOutcome.NotElsewhere);
        var (holder, stalled) = (parsed.Node, "");
        (string Node, string Taking)? before = null;
        for (var steps = 0; steps < MostSteps; steps++)
        {
            var isHere = holder == node.Name;
            var answer = (RedisResult[])(await EvaluateAsync(
                RedisScripts.TakeSession,
                holder,
                [parsed.ConnectionId, SessionToken.HashOf(token), userId ?? "", node.Name, isHere ? "1" : "0", names.Taken(holder), await redis.PublishCommandAsync(), stalled],
                cancellationToken))!;
            switch ((string)answer[0]!)
            {
                case "taken":
                    var taking = (string)answer[2]!;
                    _unreleased[parsed.ConnectionId] = (holder, taking);
                    return new(SessionTakeOutcome.Taken, Read(parsed.ConnectionId, (byte[])answer[1]!) with { Moves = MovesOf(taking) - 1 });
                case "moved":
                    before = (holder, (string)answer[1]!);
                    (holder, stalled) = (before.Value.Taking[(before.Value.Taking.IndexOf(' ') + 1)..], "");
                    break;
                // Who took it has never saved it, and may have died at that: then it is where it was.
                case "unknown" when before is { } from && stalled.Length == 0 && !isHere:
                    (holder, stalled) = from;
                    break;
                // What moved and came back is here; what moved and is not known there has ended there.
                default:
                    return new(isHere || before is null ? SessionTakeOutcome.NotElsewhere : SessionTakeOutcome.Gone);
            }
        }
        return new(SessionTakeOutcome.Gone);
    }

    public async ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken)
    {
        var isHere = (string)(await EvaluateAsync(RedisScripts.EndSession, node.Name, [session.ConnectionId, session.Moves], cancellationToken))! != "taken";
        if (isHere) await ReleaseAsync(session, cancellationToken);
        else Forget(session);
        return isHere;
    }

    // Whoever had it need not know of it any more: it was saved here, or has ended.
    private async ValueTask ReleaseAsync(SavedSession session, CancellationToken cancellationToken)
    {
        if (!_unreleased.TryGetValue(session.ConnectionId, out var from) || MovesOf(from.Taking) > session.Moves) return;
        await EvaluateAsync(RedisScripts.ReleaseSession, from.Node, [session.ConnectionId, from.Taking], cancellationToken);
        _unreleased.TryRemove(new(session.ConnectionId, from));
    }

    // It is no longer this node's to say that it was saved, unless it was taken once more since.
    private void Forget(SavedSession session)
    {
        if (_unreleased.TryGetValue(session.ConnectionId, out var from) && MovesOf(from.Taking) <= session.Moves) _unreleased.TryRemove(new(session.ConnectionId, from));
    }

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

    private static int MovesOf(string taking) => int.Parse(taking.AsSpan(0, taking.IndexOf(' ')), CultureInfo.InvariantCulture);

    private void Tell(ReadOnlyMemory<byte> message)
    {
        var text = Encoding.UTF8.GetString(message.Span);
        See(text[(text.IndexOf(' ') + 1)..], MovesOf(text));
    }

    private void See(string connectionId, int moves)
    {
        takings.See(connectionId, moves);
        Taken?.Invoke(connectionId, moves);
    }

    // What was told while nobody listened.
    private async Task FindTakenAsync()
    {
        try
        {
            await foreach (var field in (await redis.DatabaseAsync()).HashScanAsync(names.SessionsOf(node.Name), "m:*"))
                See(((string)field.Name!)[2..], MovesOf((string)field.Value!));
        }
        catch (Exception away) when (RedisConnection.IsAway(away))
        {
            // Then there will be another reconnection.
        }
        catch (Exception failure)
        {
            subscriptions.Fail(names.Taken(node.Name), failure);
        }
    }

    /// <summary>What stands in Redis of a session; <c>moves</c> first, for the script that reads it.</summary>
    internal sealed record Saved([property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.Never)] int Moves, string? UserId, string? Owner, RawJson Metadata);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonSerializable(typeof(Saved))]
    internal sealed partial class SavedJson : JsonSerializerContext;
}
