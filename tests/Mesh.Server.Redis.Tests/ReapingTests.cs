using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>How the members of a dead node are removed. Time moves by the test, but Redis's own clock says who is dead.</summary>
public sealed class ReapingTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly RedisNames _names = new(Options.Create(new MeshRedisOptions { Prefix = $"reaping-{Guid.NewGuid():n}" }));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IDatabase Database => redis.Connection.GetDatabase();

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(3 * 24 * 60)]
    public async Task Members_of_a_dead_node_are_removed_also_where_nobody_could_when_it_was_found_dead(int minutesAgo)
    {
        var dead = await DieAsync("r", TimeSpan.FromMinutes(minutesAgo));
        await using var server = await StartAsync();
        await using var observer = await server.ConnectAsync();
        (await observer.SubscribeAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
        await RenewForAsync(server, RedisNode.Lease + Second);
        await observer.UntilAsync(() => observer.Events.Count == 1);
        await observer.ShouldHaveEventsAsync(Left("r", dead));
    }

    [Fact]
    public async Task Members_are_removed_also_where_all_nodes_had_stopped_for_an_hour()
    {
        await MemberAsync("r", "member");
        await PassAsync(TimeSpan.FromHours(1));
        await using var server = await StartAsync();
        await using var observer = await server.ConnectAsync();
        (await observer.SubscribeAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
        await RenewForAsync(server, RedisNode.Lease + Second);
        await observer.UntilAsync(() => observer.Events.Count == 1);
        await observer.ShouldHaveEventsAsync(Left("r", "member"));
    }

    [Fact]
    public async Task A_dead_node_is_looked_after_until_it_was_looked_through_for_the_last_time()
    {
        var (dead, late) = await MemberAsync("r", "member");
        await FindDeadAsync(dead, TimeSpan.Zero);
        var judge = await JudgeAsync();
        (await judge.RenewAsync()).ShouldBe([dead]);
        await using var server = await StartAsync();
        server.Get<RedisReaping>().Begin([dead]);
        await server.UntilEmptyAsync("r");
        (await judge.RenewAsync()).ShouldBe([dead]);
        await late.JoinAsync("r", new("late"), null, Cancellation);
        await Wait.UntilAsync(server.Time, Second, () => Database.SortedSetScore(_names.ReapedNodes, dead) is not null);
        await server.UntilEmptyAsync("r");
        (await judge.RenewAsync()).ShouldBeEmpty();
        (await Database.KeyExistsAsync(_names.RoomsOf(dead))).ShouldBeFalse();

        // It is told that it is dead for a day, and then nothing is left of it. What is asked for each second is short meanwhile.
        (await Database.SortedSetScoreAsync(_names.DeadNodes, dead)).ShouldBeNull();
        ((string?)((RedisResult[])(await RenewAsync(dead))!)[0]).ShouldBe("dead");
        await Database.SortedSetDecrementAsync(_names.ReapedNodes, dead, TimeSpan.FromDays(1).TotalMilliseconds);
        (await judge.RenewAsync()).ShouldBeEmpty();
        (await Database.SortedSetScoreAsync(_names.ReapedNodes, dead)).ShouldBeNull();
        ((string?)((RedisResult[])(await RenewAsync(dead))!)[0]).ShouldBe("new");
    }

    [Fact]
    public async Task Members_of_the_dead_that_a_Redis_has_again_that_is_as_it_was_before_are_removed_before_it_could_be_known_who_lives()
    {
        var (dead, store) = await MemberAsync("r", "member");
        await FindDeadAsync(dead, TimeSpan.Zero);
        await using var server = await StartAsync();
        await RenewForAsync(server, RedisNode.Lease + Second);
        await server.UntilEmptyAsync("r");

        // As in a dump from when it lived. What was looked through meanwhile is not looked at again for a while.
        await store.JoinAsync("r", new("member"), null, Cancellation);
        await Database.KeyDeleteAsync([_names.DeadNodes, _names.LiveNodes]);
        await Database.SortedSetAddAsync(_names.LiveNodes, dead, DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        await RenewForAsync(server, 5 * Second);
        await server.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task The_own_lease_is_renewed_while_many_rooms_are_looked_through()
    {
        const int Rooms = 20_000;
        await using var server = await StartAsync();
        await RenewForAsync(server, RedisNode.Lease);
        await DieAsync("r", TimeSpan.Zero, [.. Enumerable.Range(0, Rooms).Select(it => $"{it}")]);
        var before = await ScriptsAsync();
        // The first finds it dead, the next is made meanwhile.
        await RenewForAsync(server, 2 * Second);
        (await ScriptsAsync() - before).ShouldBeLessThan(Rooms);
        await server.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task Of_a_large_room_only_the_members_of_the_dead_are_looked_at_and_some_at_a_time()
    {
        const int Members = 1_200;
        var (dead, _) = await MemberAsync("r", "first");
        var (_, alive) = await MemberAsync("r", "other");
        await alive.SetStateAsync("r", "other", new StateChange.Publish(RawJson.FromText("1")), Cancellation);
        var (generation, store) = await MemberAsync("r", "second");
        await Task.WhenAll(Enumerable.Range(1, Members - 1).Select(it => store.JoinAsync("r", new($"{it}"), null, Cancellation).AsTask()));
        var changes = new ConcurrentQueue<RoomEvent>();
        await using var listening = await alive.ListenAsync("r", changes.Enqueue, static () => { }, Cancellation);
        await using var server = await StartAsync();
        var redisServer = redis.Connection.GetServers().Single();
        await redisServer.ExecuteAsync("CONFIG", "RESETSTAT");
        server.Get<RedisReaping>().Begin([generation]);
        await Wait.UntilAsync(() => changes.Sum(it => it.Change.Left.Length) == Members);
        changes.Count.ShouldBe(3);
        (await redisServer.InfoAsync("commandstats")).SelectMany(it => it).ShouldNotContain(it => it.Key == "cmdstat_hgetall");
        (await alive.ReadAsync("r", Cancellation)).Members.Select(it => it.ConnectionId).ShouldBe(["first", "other"]);
        server.Get<RedisReaping>().Begin([dead]);
        await Wait.UntilAsync(() => changes.Count == 4);
        (await alive.ReadAsync("r", Cancellation)).Members.Single().State.ToString().ShouldBe("1");
    }

    [Fact]
    public async Task Rooms_that_nobody_can_look_through_keep_no_member_in_others_and_are_looked_through_again()
    {
        const int Rooms = 100;
        var (dead, store) = await MemberAsync("r", "member");
        var (broken, others) = (Named("broken"), Named("other"));
        foreach (var room in broken.Concat(others)) await store.JoinAsync(room, new("member"), null, Cancellation);
        foreach (var room in broken) await RenameAsync(_names.Room(room), Aside(room));
        foreach (var room in broken) await Database.StringSetAsync(_names.Room(room), "of another type");
        await FindDeadAsync(dead, TimeSpan.Zero);
        await using var server = await StartAsync();
        server.Get<RedisReaping>().Begin([dead]);
        foreach (var room in others) await server.UntilEmptyAsync(room);

        server.Time.Advance(TimeSpan.FromMinutes(1));
        (await Database.KeyExistsAsync(_names.RoomsOf(dead))).ShouldBeTrue();
        foreach (var room in broken) await RenameAsync(Aside(room), _names.Room(room));
        await Wait.UntilAsync(server.Time, Second, () =>
        {
            server.Get<RedisReaping>().Begin([dead]);
            return Database.SortedSetScore(_names.ReapedNodes, dead) is not null;
        });
        foreach (var room in broken) await server.UntilEmptyAsync(room);

        static string[] Named(string name) => [.. Enumerable.Range(0, Rooms).Select(it => $"{name} {it}")];
        Task RenameAsync(RedisKey from, RedisKey to) => Database.KeyRenameAsync(from, to);
        RedisKey Aside(string room) => _names.Room(room).Append(":aside");
    }

    [Fact]
    public async Task Who_lives_since_Redis_has_lost_that_it_was_dead_is_removed_no_more()
    {
        var (lives, living) = await MemberAsync("r", "living");
        var (dead, late) = await MemberAsync("r", "late");
        await using var server = await StartAsync();
        server.Get<RedisReaping>().Begin([lives, dead]);
        await server.UntilEmptyAsync("r");
        await living.JoinAsync("r", new("living"), null, Cancellation);
        await late.JoinAsync("r", new("late"), null, Cancellation);
        await Database.SortedSetRemoveAsync(_names.LiveNodes, dead);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await Wait.UntilAsync(server.Time, Second, () => observer.Events.Count > 0);
        await observer.ShouldHaveEventsAsync(Left("r", "late"));
    }

    [Fact]
    public async Task Who_was_looked_after_is_again_if_it_is_found_dead_again()
    {
        var (dead, late) = await MemberAsync("r", "first");
        await using var server = await StartAsync();
        await FindDeadAsync(dead, TimeSpan.Zero);
        server.Get<RedisReaping>().Begin([dead]);
        await Wait.UntilAsync(server.Time, Second, () => Database.SortedSetScore(_names.ReapedNodes, dead) is not null);
        // It is there again, as in a Redis that had lost all that, and dies at last.
        await Database.HashSetAsync(_names.RoomsOf(dead), "r", 1);
        await late.JoinAsync("r", new("late"), null, Cancellation);
        await Wait.UntilAsync(() =>
        {
            server.Get<RedisReaping>().Begin([dead]);
            return Database.HashGet(_names.Room("r"), "count") == 0;
        });
    }

    [Fact]
    public async Task The_former_self_of_a_node_is_looked_through_until_that_is_done_and_not_longer()
    {
        await using var server = await StartAsync();
        var node = server.Get<RedisNode>();
        var former = node.Generation;
        await FindDeadAsync(former, TimeSpan.Zero);
        await Wait.UntilAsync(server.Time, Second, () => Database.SortedSetScore(_names.ReapedNodes, former) is not null);
        node.Generation.ShouldNotBe(former);
        await Wait.UntilAsync(() => node.RenewAsync().Result.Length == 0);
    }

    // A node that had a member in a room, and was in others.
    private async Task<string> DieAsync(string room, TimeSpan ago, params string[] others)
    {
        var (generation, _) = await MemberAsync(room, "member");
        await Database.HashSetAsync(_names.RoomsOf(generation), [.. others.Select(it => new HashEntry(it, 0))]);
        await FindDeadAsync(generation, ago);
        return "member";
    }

    private async Task FindDeadAsync(string generation, TimeSpan ago)
    {
        await Database.SortedSetRemoveAsync(_names.LiveNodes, generation);
        await Database.SortedSetAddAsync(_names.DeadNodes, generation, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - ago.TotalMilliseconds);
    }

    private Task<RedisResult> RenewAsync(string generation) => Database.ScriptEvaluateAsync(
        RedisScripts.Renew, [_names.LiveNodes, _names.DeadNodes, _names.RenewingNodes, _names.ReapedNodes], [generation, 8_000, "0", 8_000]);

    // As if Redis had been alone for so long.
    private async Task PassAsync(TimeSpan duration)
    {
        foreach (var key in redis.Connection.GetServers().Single().Keys(pattern: $"{Prefix}:*"))
            if (await Database.KeyTimeToLiveAsync(key) <= duration) await Database.KeyDeleteAsync(key);
        foreach (var node in await Database.SortedSetRangeByRankAsync(_names.LiveNodes))
            await Database.SortedSetDecrementAsync(_names.LiveNodes, node, duration.TotalMilliseconds);
    }

    // A node that may say who is dead.
    private async Task<RedisNode> JudgeAsync()
    {
        var time = new FakeTimeProvider();
        var node = new RedisNode(new(() => Task.FromResult(redis.Connection)), _names, time);
        await node.RenewAsync();
        await Database.HashSetAsync(_names.RenewingNodes, node.Generation, 1);
        for (var passed = TimeSpan.Zero; passed < RedisNode.Lease; passed += Second)
        {
            time.Advance(Second);
            await node.RenewAsync();
        }
        return node;
    }

    private async Task<(string Generation, RedisRoomStore Store)> MemberAsync(string room, string id)
    {
        var time = new FakeTimeProvider();
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        var node = new RedisNode(connection, _names, time);
        await node.RenewAsync();
        var known = new RedisKnown();
        var scripts = new RoomScripts(connection, _names, known);
        var store = new RedisRoomStore(connection, _names, node, new(connection, time), known, scripts, new(scripts), Options.Create(new MeshOptions()));
        await store.JoinAsync(room, new(id), null, Cancellation);
        return (node.Generation, store);
    }

    private async Task RenewForAsync(TestServer server, TimeSpan duration)
    {
        var node = server.Get<RedisNode>();
        await Database.HashSetAsync(_names.RenewingNodes, node.Generation, 1);
        for (var passed = TimeSpan.Zero; passed < duration; passed += Second)
        {
            server.Time.Advance(Second);
            await Wait.UntilAsync(() => node.SinceRenewal == TimeSpan.Zero);
        }
    }

    private async Task<long> ScriptsAsync() => (await redis.Connection.GetServers().Single().InfoAsync("commandstats")).SelectMany(it => it)
        .Where(it => it.Key == "cmdstat_evalsha").Sum(it => long.Parse(it.Value.Split('=', ',')[1], CultureInfo.InvariantCulture));

    private Task<TestServer> StartAsync() => TestServer.StartAsync(fakeTime: true, mesh: it => it.AddRedis(redis.Address, options => options.Prefix = Prefix));

    private string Prefix => _names.Broadcasts.Split(':')[0];
}
