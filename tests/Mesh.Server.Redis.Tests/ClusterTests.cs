using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Several nodes on a Redis Cluster.</summary>
[Collection(nameof(RedisCluster))]
public sealed class ClusterTests(RedisCluster redis)
{
    private static readonly string[] s_rooms = [.. Enumerable.Range(0, 12).Select(at => $"room {at}")];

    private readonly string _prefix = $"cluster-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RedisNames Names => new(Options.Create(new MeshRedisOptions { Prefix = _prefix }));

    [Fact]
    public async Task Rooms_are_on_all_servers_and_each_change_goes_to_its_own_only()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.ConnectAsync();
        await using var observer = await two.ConnectAsync();
        foreach (var room in s_rooms) await observer.SubscribeAsync(room);
        foreach (var room in s_rooms) await alice.JoinAsync(room);
        foreach (var room in s_rooms) await alice.PublishPlainAsync(room, Json.Quote(room));
        await observer.UntilAsync(() => observer.Events.Count >= 2 * s_rooms.Length);
        observer.Events.Select(it => it.Text).Distinct(StringComparer.Ordinal).Count().ShouldBe(2 * s_rooms.Length);
        await observer.FenceAsync();
        observer.Events.Count.ShouldBe(2 * s_rooms.Length);

        s_rooms.Select(it => redis.Connection.GetServer(Names.Room(it)).EndPoint).Distinct().Count().ShouldBe(3);
        foreach (var server in redis.Connection.GetServers())
        {
            var here = s_rooms.Where(it => redis.Connection.GetServer(Names.Room(it)).EndPoint.Equals(server.EndPoint)).Select(it => Names.Changes(it));
            var told = ((string[])(await server.ExecuteAsync("PUBSUB", "SHARDCHANNELS", $"{_prefix}:*:changes"))!);
            told.ShouldBe(here, ignoreOrder: true);
            ((string[])(await server.ExecuteAsync("PUBSUB", "CHANNELS", $"{_prefix}:*"))!).ShouldBeEmpty();
            // A canary of each node.
            ((string[])(await server.ExecuteAsync("PUBSUB", "SHARDCHANNELS", $"{_prefix}:*:canary:*"))!).Length.ShouldBe(2);
        }

        foreach (var server in redis.Connection.GetServers()) await server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        foreach (var room in s_rooms) await alice.PublishPlainAsync(room, "\"again\"");
        await observer.UntilAsync(() => s_rooms.All(room => observer.Events.Any(it => it.Text.Contains($"\"roomName\":{Json.Quote(room)},\"state\":\"again\"", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Broadcasts_reach_all_nodes()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var there = await two.ConnectAsync();
        await one.Mesh.BroadcastAsync("all", 1, cancellationToken: Cancellation);
        await there.UntilAsync(() => there.Events.Count == 1);
    }

    [Fact]
    public async Task A_session_is_resumed_on_another_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        alice.Drop();
        await using var again = await two.ConnectAsync();
        (await again.OpenSessionAsync(token)).GetProperty("connectionId").GetString().ShouldBe(alice.Id);
        (await again.EnterAsync("r")).GetProperty("snapshot").GetProperty("members").GetArrayLength().ShouldBe(1);
        await alice.DisposeAsync();
    }

    [Fact]
    public async Task A_room_that_moves_to_another_server_goes_on()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.ConnectAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        await alice.JoinAsync("r");
        await alice.PublishPlainAsync("r", "1");
        await observer.UntilAsync(() => observer.Events.Count == 2);

        await redis.MoveAsync(Names.Room("r"));
        await alice.PublishPlainAsync("r", "2");
        await observer.UntilAsync(() => observer.Events.Count == 3);
        await alice.PublishPlainAsync("r", "3");
        await observer.UntilAsync(() => observer.Events.Count == 4);
        await observer.ShouldHaveEventsAsync(Joined("r", alice.Id), State("r", alice.Id, "1"), State("r", alice.Id, "2"), State("r", alice.Id, "3"));
    }

    [Fact]
    public async Task What_one_server_has_lost_of_a_node_alone_is_told_again()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await observer.UntilAsync(() => observer.Events.Count == 2);
        var node = one.Get<RedisNode>();
        var (rooms, sessions) = (Names.RoomsOf(node.Generation), Names.SessionsOf(node.Name));
        var database = redis.Connection.GetDatabase();
        // The node is to have seen that both are there.
        var renewed = node.SinceRenewal;
        await Wait.UntilAsync(() => node.SinceRenewal < renewed);

        await database.KeyDeleteAsync(rooms);
        await Wait.UntilAsync(() => database.HashExists(rooms, "r"));
        await database.KeyDeleteAsync(sessions);
        await Wait.UntilAsync(() => database.HashExists(sessions, $"t:{alice.Id}"));
        alice.Drop();
        await using var again = await two.ConnectAsync();
        (await again.OpenSessionAsync(token)).GetProperty("connectionId").GetString().ShouldBe(alice.Id);
        await again.EnterAsync("r");
        observer.Events.Count.ShouldBe(2);
        await alice.DisposeAsync();
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
}
