using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>What lets somebody in is neither in a log nor in Redis.</summary>
public sealed class SecretsTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const string ClientKey = "a-key-of-this-client-that-nobody-knows";

    [Fact]
    public async Task No_node_logs_a_token_that_moves_and_Redis_has_none()
    {
        using var log = new LoggedLines();
        await using var one = await StartAsync(log);
        await using var two = await StartAsync(log);
        var first = await one.ConnectAsync();
        var token = (await first.OpenSessionAsync(clientKey: ClientKey)).Token();
        await first.EnterAsync("r");
        var id = first.Id;
        first.Drop();
        await one.UntilDroppedAsync(id);
        await using var again = await two.ConnectAsync();
        var next = (await again.OpenSessionAsync(token, ClientKey)).Token();
        again.Id.ShouldBe(id);
        await again.EnterAsync("r");

        log.All.ShouldContain(it => it.Contains(id, StringComparison.Ordinal));
        var kept = await EverythingAsync();
        kept.ShouldContain(it => it.Contains(id, StringComparison.Ordinal));
        foreach (var secret in new[] { SecretOf(token), SecretOf(next), ClientKey })
        {
            log.All.ShouldAllBe(it => !it.Contains(secret, StringComparison.Ordinal));
            kept.ShouldAllBe(it => !it.Contains(secret, StringComparison.Ordinal));
        }
    }

    // What stands before it names the node and the connection, which are no secrets.
    private static string SecretOf(string token) => token[(token.LastIndexOf('.') + 1)..];

    private async Task<IReadOnlyList<string>> EverythingAsync()
    {
        var database = redis.Connection.GetDatabase();
        var all = new List<string>();
        foreach (var key in redis.Connection.GetServers().Single().Keys())
        {
            all.Add(key!);
            all.AddRange(await database.KeyTypeAsync(key) switch
            {
                RedisType.String => [(string)(await database.StringGetAsync(key))!],
                RedisType.Hash => (await database.HashGetAllAsync(key)).Select(it => $"{it.Name} {it.Value}"),
                RedisType.SortedSet => (await database.SortedSetRangeByRankAsync(key)).Select(it => (string)it!),
                RedisType.Stream => (await database.StreamRangeAsync(key)).SelectMany(it => it.Values).Select(it => $"{it.Name} {it.Value}"),
                var other => throw new NotSupportedException($"{key} is a {other}."),
            });
        }
        return all;
    }

    private Task<TestServer> StartAsync(LoggedLines log) => TestServer.StartAsync(mesh: it =>
    {
        it.AddRedis(redis.Address);
        it.Services.AddLogging(to => to.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
    });
}
