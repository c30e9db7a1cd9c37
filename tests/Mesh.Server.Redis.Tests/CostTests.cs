using System.Globalization;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>How many commands Redis is given for what. Time stands still, so that no lease is renewed meanwhile.</summary>
public sealed class CostTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // What the client library asks by itself, and this test.
    private static readonly string[] s_others = ["ping", "info", "client", "hello", "config", "cluster", "sentinel", "command", "auth", "select"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Fault", "22")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_join_costs_the_same_in_a_room_of_ten_and_of_ten_thousand(bool hasSession)
    {
        await using var server = await TestServer.StartAsync(options => options.MembersPerRoom = 20_000, it => it.AddRedis(redis.Address), fakeTime: true);
        await using var member = await server.ConnectAsync();
        var rooms = new (string Room, int Members)[] { ($"small {hasSession}", 10), ($"large {hasSession}", 10_000) };
        foreach (var (room, members) in rooms)
        {
            var store = server.Get<IRoomStore>();
            foreach (var some in Enumerable.Range(0, members).Chunk(1_000))
                await Task.WhenAll(some.Select(it => store.JoinAsync(room, new($"member {it}"), new StateChange.Publish(new("{}"u8.ToArray())), Cancellation).AsTask()));
            await member.JoinAsync(room);
        }

        var costs = new List<IReadOnlyDictionary<string, long>>();
        foreach (var (room, _) in rooms)
        {
            await using var client = hasSession ? await server.OpenAsync() : await server.ConnectAsync();
            await client.FenceAsync();
            costs.Add(await CostAsync(() => hasSession ? client.EnterAsync(room, ",\"publish\":{\"state\":1}") : client.JoinAsync(room)));
        }
        costs[0]["evalsha"].ShouldBe(1);
        costs[0]["publish"].ShouldBe(1);
        costs[1].ShouldBe(costs[0], ignoreOrder: true);
    }

    [Fact]
    public async Task The_states_of_a_large_room_cost_one_reading_however_often_and_by_whomever_they_are_asked_for()
    {
        await using var server = await TestServer.StartAsync(options => options.CommandBurst = 1_000, it => it.AddRedis(redis.Address), fakeTime: true);
        var store = server.Get<IRoomStore>();
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(it => store.JoinAsync("crowd", new($"member {it}"), new StateChange.Publish(new("{}"u8.ToArray())), Cancellation).AsTask()));
        var clients = await server.ConnectAsync(5);
        // The script is known to Redis after this.
        await clients[0].StatesAsync("nobody");
        await clients[0].FenceAsync();
        var cost = await CostAsync(async () =>
        {
            for (var time = 0; time < 20; time++)
                foreach (var client in clients) (await client.StatesAsync("crowd")).GetProperty("present").GetArrayLength().ShouldBe(1_000);
        });
        cost["evalsha"].ShouldBe(1);
        foreach (var client in clients) await client.DisposeAsync();
    }

    [Fact]
    [Trait("Fault", "22")]
    public async Task An_idle_connection_costs_nothing_but_the_heartbeat_of_its_node()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address), fakeTime: true);
        await using var first = await server.OpenAsync();
        await first.EnterAsync("idle");
        // Until the node may judge others, which it asks Redis then.
        await PassAsync(server, seconds: 10);
        var one = await CostAsync(() => PassAsync(server, seconds: 20));

        var others = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => server.OpenAsync()));
        foreach (var other in others) await other.EnterAsync("idle");
        var many = await CostAsync(() => PassAsync(server, seconds: 20));
        many.ShouldBe(one, ignoreOrder: true);
        one["evalsha"].ShouldBe(20);
        foreach (var other in others) await other.DisposeAsync();
    }

    private static async Task PassAsync(TestServer server, int seconds)
    {
        var (node, canary) = (server.Get<RedisNode>(), server.Get<RedisCanary>());
        for (var second = 0; second < seconds; second++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await Wait.UntilAsync(() => node.SinceRenewal == TimeSpan.Zero && canary.SinceHeard == TimeSpan.Zero);
        }
    }

    private async Task<IReadOnlyDictionary<string, long>> CostAsync(Func<Task> act)
    {
        var server = redis.Connection.GetServers().Single();
        await server.ExecuteAsync("CONFIG", "RESETSTAT");
        await act();
        return (await server.InfoAsync("commandstats")).SelectMany(it => it)
            .Select(it => (Command: it.Key["cmdstat_".Length..], Calls: it.Value.Split('=', ',')[1]))
            .Where(it => !s_others.Contains(it.Command.Split('|')[0], StringComparer.Ordinal))
            .ToDictionary(it => it.Command, it => long.Parse(it.Calls, CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }
}
