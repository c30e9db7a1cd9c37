using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisNodeTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly RedisNames _names = new(Options.Create(new MeshRedisOptions { Prefix = $"leases-{Guid.NewGuid():n}" }));

    [Fact]
    public async Task A_node_that_finds_its_own_lease_ended_judges_nobody_until_it_has_renewed_it_for_a_while()
    {
        var time = new FakeTimeProvider();
        var one = Create(time);
        var two = Create(time);
        var generation = two.Generation;
        await two.RenewAsync();
        await IndexAsync(two, "r");
        await RenewForAsync(one, time, RedisNode.Lease);

        // As from before an outage, in which the last renewals were lost.
        var database = redis.Connection.GetDatabase();
        foreach (var node in await database.SortedSetRangeByRankAsync(_names.LiveNodes)) await database.SortedSetAddAsync(_names.LiveNodes, node, 1);
        (await one.RenewAsync()).ShouldBeEmpty();
        time.Advance(TimeSpan.FromSeconds(1));
        (await one.RenewAsync()).ShouldBeEmpty();
        await database.KeyDeleteAsync(_names.RoomsOf(generation));
        var isLost = false;
        two.Lost += () => Task.FromResult(isLost = true);
        await two.RenewAsync();
        two.Generation.ShouldBe(generation);
        isLost.ShouldBeTrue();
        await IndexAsync(two, "r");
        (await database.HashExistsAsync(_names.RoomsOf(generation), "r")).ShouldBeTrue();

        await database.SortedSetAddAsync(_names.LiveNodes, generation, 1);
        // Redis's own clock says how long it has renewed, and that one is real.
        (await RenewForAsync(one, time, RedisNode.Lease)).ShouldBeEmpty();
        await database.HashSetAsync(_names.RenewingNodes, one.Generation, 1);
        (await RenewForAsync(one, time, RedisNode.Lease)).ShouldBe([generation]);
    }

    [Fact]
    public async Task A_node_whose_connection_was_lost_for_a_moment_judges_as_before()
    {
        var time = new FakeTimeProvider();
        var (name, dead) = ($"judge-{Guid.NewGuid():n}", Create(time));
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},name={name}");
        using var judge = new RedisNode(new(() => Task.FromResult<IConnectionMultiplexer>(connection)), _names, time);
        await judge.RenewAsync();
        await redis.Connection.GetDatabase().HashSetAsync(_names.RenewingNodes, judge.Generation, 1);
        await RenewForAsync(judge, time, RedisNode.Lease);
        await dead.RenewAsync();
        await redis.Connection.GetDatabase().SortedSetAddAsync(_names.LiveNodes, dead.Generation, 1);

        var isReachable = false;
        judge.Reachable += () => isReachable = true;
        var server = redis.Connection.GetServers().Single();
        foreach (var client in await server.ClientListAsync())
            if (client.Name == name) await server.ClientKillAsync(client.Id);
        await Wait.UntilAsync(() => isReachable);
        judge.IsAlive.ShouldBeFalse();
        (await judge.RenewAsync()).ShouldBe([dead.Generation]);
    }

    [Fact]
    public async Task Who_was_taken_for_dead_has_what_is_left_of_its_former_self_removed_once_its_members_have_joined_again()
    {
        var time = new FakeTimeProvider();
        var node = Create(time);
        var former = node.Generation;
        await node.RenewAsync();
        await redis.Connection.GetDatabase().SortedSetAddAsync(_names.DeadNodes, former, 1);
        (await node.RenewAsync()).ShouldBeEmpty();
        node.Generation.ShouldNotBe(former);
        time.Advance(TimeSpan.FromSeconds(1));
        (await node.RenewAsync()).ShouldBeEmpty();
        time.Advance(TimeSpan.FromSeconds(0.5));
        (await node.RenewAsync()).ShouldBe([former]);
        // Until it is done.
        (await node.RenewAsync()).ShouldBe([former]);
        node.Forget(former);
        (await node.RenewAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_former_self_of_a_node_is_left_alone_while_its_members_still_join_again_but_no_longer_than_others_would()
    {
        var time = new FakeTimeProvider();
        var node = Create(time);
        await node.RenewAsync();
        var joined = new TaskCompletionSource();
        node.Lost += () => joined.Task;
        var first = await BecomeAnotherAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        (await node.RenewAsync()).ShouldBeEmpty();
        joined.SetResult();
        (await node.RenewAsync()).ShouldBe([first]);
        node.Forget(first);

        joined = new();
        var second = await BecomeAnotherAsync();
        for (var passed = TimeSpan.Zero; passed < RedisNode.Lease; passed += TimeSpan.FromSeconds(1))
        {
            (await node.RenewAsync()).ShouldBeEmpty();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        (await node.RenewAsync()).ShouldBe([second]);

        async Task<string> BecomeAnotherAsync()
        {
            var former = node.Generation;
            await redis.Connection.GetDatabase().SortedSetAddAsync(_names.DeadNodes, former, 1);
            (await node.RenewAsync()).ShouldBeEmpty();
            node.Generation.ShouldNotBe(former);
            return former;
        }
    }

    [Fact]
    public async Task A_node_that_has_become_another_is_not_alive_before_it_has_a_lease()
    {
        var time = new WatchedTime();
        var node = Create(time);
        await node.RenewAsync();
        var former = node.Generation;
        await redis.Connection.GetDatabase().SortedSetAddAsync(_names.DeadNodes, former, 1);
        bool? wasAlive = null;
        time.Asked = () =>
        {
            if (node.Generation != former) wasAlive ??= node.IsAlive;
        };
        await node.RenewAsync();
        wasAlive.ShouldBe(false);
        node.IsAlive.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_was_dead_does_not_come_back_by_the_same_name_where_Redis_has_lost_that_it_was()
    {
        var time = new FakeTimeProvider();
        var node = Create(time);
        var former = node.Generation;
        await node.RenewAsync();
        await redis.Connection.GetDatabase().KeyDeleteAsync(_names.LiveNodes);
        var lost = 0;
        node.Lost += () => Task.FromResult(lost++);
        await node.RenewAsync();
        node.Generation.ShouldNotBe(former);
        lost.ShouldBe(1);
        var generation = node.Generation;
        time.Advance(TimeSpan.FromSeconds(2));
        (await node.RenewAsync()).ShouldBe([former]);
        (node.Generation, lost).ShouldBe((generation, 1));
    }

    [Fact]
    public async Task Who_was_dead_is_dead_also_in_a_Redis_that_is_as_it_was_before()
    {
        var time = new FakeTimeProvider();
        var (judge, dead) = (Create(time), Create(time));
        await dead.RenewAsync();
        await judge.RenewAsync();
        var former = dead.Generation;
        var database = redis.Connection.GetDatabase();
        await database.HashSetAsync(_names.RenewingNodes, judge.Generation, 1);
        await database.SortedSetAddAsync(_names.LiveNodes, former, 1);
        (await RenewForAsync(judge, time, RedisNode.Lease)).ShouldBe([former]);

        // As in a dump from when it lived.
        await database.KeyDeleteAsync([_names.DeadNodes, _names.LiveNodes]);
        await database.SortedSetAddAsync(_names.LiveNodes, former, DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        var generation = judge.Generation;
        (await judge.RenewAsync()).ShouldBeEmpty();
        // Its own former self when its members have joined again; others may be slower.
        time.Advance(TimeSpan.FromSeconds(2));
        (await judge.RenewAsync()).ShouldBe([generation]);
        time.Advance(TimeSpan.FromSeconds(1));
        (await judge.RenewAsync()).ShouldBe([generation, former], ignoreOrder: true);
        await dead.RenewAsync();
        dead.Generation.ShouldNotBe(former);

        // Until it is removed.
        judge.Forget(former);
        judge.Forget(generation);
        (await judge.RenewAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Leases_end_in_time_also_where_the_clock_of_Redis_has_gone_back()
    {
        var time = new FakeTimeProvider();
        var (judge, dead, retired) = (Create(time), Create(time), Create(time));
        foreach (var node in new[] { judge, dead, retired }) await node.RenewAsync();
        var database = redis.Connection.GetDatabase();
        var hour = TimeSpan.FromHours(1).TotalMilliseconds;
        await database.SortedSetIncrementAsync(_names.LiveNodes, dead.Generation, hour);
        await database.HashIncrementAsync(_names.RenewingNodes, judge.Generation, (long)hour);
        await retired.RetireAsync(Grace);

        await judge.RenewAsync();
        var now = new DateTimeOffset(await redis.Connection.GetServers().Single().TimeAsync()).ToUnixTimeMilliseconds() + 1;
        ((double)(await database.SortedSetScoreAsync(_names.LiveNodes, dead.Generation))!).ShouldBeLessThanOrEqualTo(now + Grace.TotalMilliseconds);
        ((long)await database.HashGetAsync(_names.RenewingNodes, judge.Generation)).ShouldBeLessThanOrEqualTo(now);
        // One that has retired has its whole grace.
        ((double)(await database.SortedSetScoreAsync(_names.LiveNodes, retired.Generation))!).ShouldBeGreaterThan(now + (2 * RedisNode.Lease.TotalMilliseconds));
    }

    [Fact]
    public async Task A_loss_is_told_also_where_the_renewal_that_found_it_failed_after_it_had_found_it()
    {
        var user = $"user-{Guid.NewGuid():n}";
        await AllowAsync(user, "on", "nopass", "~*", "&*", "+@all");
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},user={user},password=any");
        var node = new RedisNode(new(() => Task.FromResult<IConnectionMultiplexer>(connection)), _names, new FakeTimeProvider());
        await node.RenewAsync();
        var lost = 0;
        node.Lost += () => Task.FromResult(lost++);

        await AllowAsync(user, "-expire", "-pexpire");
        await redis.Connection.GetDatabase().KeyDeleteAsync(_names.LiveNodes);
        await Should.ThrowAsync<RedisServerException>(node.RenewAsync);
        lost.ShouldBe(0);
        await AllowAsync(user, "+expire", "+pexpire");
        await node.RenewAsync();
        await node.RenewAsync();
        lost.ShouldBe(1);
    }

    [Fact]
    public async Task The_dead_are_found_also_where_another_server_of_a_cluster_than_that_of_the_leases_is_away()
    {
        var user = $"user-{Guid.NewGuid():n}";
        await AllowAsync(user, "on", "nopass", "~*", "&*", "+@all");
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},user={user},password=any");
        var time = new FakeTimeProvider();
        using var judge = new RedisNode(new(() => Task.FromResult<IConnectionMultiplexer>(connection)), _names, time);
        using var dead = Create(time);
        await judge.RenewAsync();
        await redis.Connection.GetDatabase().HashSetAsync(_names.RenewingNodes, judge.Generation, 1);
        await RenewForAsync(judge, time, RedisNode.Lease);
        await dead.RenewAsync();
        await redis.Connection.GetDatabase().SortedSetAddAsync(_names.LiveNodes, dead.Generation, 1);

        // What is asked of the others can't be.
        await AllowAsync(user, "-expire", "-pexpire");
        await Should.ThrowAsync<RedisServerException>(judge.RenewAsync);
        judge.Found.ShouldBe([dead.Generation]);
    }

    [Fact]
    public async Task A_list_of_rooms_that_is_lost_before_the_next_renewal_is_missed_all_the_same()
    {
        var node = Create(new FakeTimeProvider());
        var lost = 0;
        node.Lost += () => Task.FromResult(lost++);
        await node.RenewAsync();
        await IndexAsync(node, "r");
        var database = redis.Connection.GetDatabase();
        await database.KeyDeleteAsync(_names.RoomsOf(node.Generation));
        await node.RenewAsync();
        lost.ShouldBe(1);
        await IndexAsync(node, "r");
        await node.RenewAsync();
        lost.ShouldBe(1);
        (await database.HashExistsAsync(_names.RoomsOf(node.Generation), "r")).ShouldBeTrue();
    }

    [Fact]
    public async Task The_former_self_of_a_node_is_removed_from_rooms_that_Redis_has_lost_too_and_only_once_all_have_joined_again()
    {
        var time = new FakeTimeProvider();
        var node = Create(time);
        var former = node.Generation;
        await node.RenewAsync();
        await IndexAsync(node, "r");
        var database = redis.Connection.GetDatabase();
        await database.SortedSetAddAsync(_names.DeadNodes, former, 1);
        await database.KeyDeleteAsync(_names.RoomsOf(former));
        (await node.RenewAsync()).ShouldBeEmpty();

        // What it had was lost once more, and is joined again from now on.
        time.Advance(TimeSpan.FromSeconds(1));
        await database.KeyDeleteAsync(_names.LiveNodes);
        (await node.RenewAsync()).ShouldBeEmpty();
        time.Advance(TimeSpan.FromSeconds(1));
        (await node.RenewAsync()).ShouldBeEmpty();
        time.Advance(TimeSpan.FromSeconds(1));
        (await node.RenewAsync()).ShouldContain(former);
        node.Rooms.Find(former).ShouldBe(["r"]);
        node.Forget(former);
        node.Rooms.Find(former).ShouldBeEmpty();
    }

    private async Task AllowAsync(string user, params string[] rules) =>
        await redis.Connection.GetServers().Single().ExecuteAsync("ACL", ["SETUSER", user, .. rules]);

    private static async Task<string[]> RenewForAsync(RedisNode node, FakeTimeProvider time, TimeSpan duration)
    {
        var dead = await node.RenewAsync();
        for (var second = 0; second < duration.TotalSeconds; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            dead = await node.RenewAsync();
        }
        return dead;
    }

    private static ValueTask<RoomChange> IndexAsync(RedisNode node, string room) =>
        node.Rooms.JoinAsync(node.Generation, room, static () => new(new RoomChange(ChangeOutcome.Changed, null, default)));

    private RedisNode Create(TimeProvider time) => new(new(() => Task.FromResult(redis.Connection)), _names, time, Options.Create(new MeshOptions { Grace = Grace }));

    /// <summary>Time that says when it is asked for, except by who was told so.</summary>
    private sealed class WatchedTime : FakeTimeProvider
    {
        public Action? Asked { get; set; }

        public override long GetTimestamp()
        {
            var asked = Asked;
            Asked = null;
            asked?.Invoke();
            Asked = asked;
            return base.GetTimestamp();
        }
    }
}
