using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>In which rooms a node may have members: never too few, and not for long too many.</summary>
public sealed class RoomIndexTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(1);

    private readonly RedisNames _names = new(Options.Create(new MeshRedisOptions { Prefix = $"index-{Guid.NewGuid():n}" }));
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IDatabase Database => redis.Connection.GetDatabase();

    [Fact]
    public async Task A_room_is_taken_back_a_while_after_the_last_member_of_the_node_has_left()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _names.Broadcasts.Split(':')[0]));
        var (store, node) = (server.Get<IRoomStore>(), server.Get<RedisNode>());
        foreach (var room in new[] { "left", "entered", "partly" }) await store.JoinAsync(room, new("a"), null, Cancellation);
        await store.JoinAsync("partly", new("b"), null, Cancellation);
        // Another node's members are none of this one.
        await (await CreateAsync()).Store.JoinAsync("left", new("elsewhere"), null, Cancellation);
        await store.LeaveAsync("left", "a", Cancellation);
        await store.LeaveAsync("partly", "a", Cancellation);
        (await RoomsAsync(node)).ShouldBe(["entered", "left", "partly"]);
        for (var minute = 0; minute < 2; minute++)
        {
            server.Time.Advance(Unused);
            await Wait.UntilAsync(() => node.SinceRenewal < Unused);
        }
        await Wait.UntilAsync(() => !Database.HashExists(_names.RoomsOf(node.Generation), "left"));
        (await RoomsAsync(node)).ShouldBe(["entered", "partly"]);
        (await store.JoinAsync("left", new("a"), null, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Changed);
        (await RoomsAsync(node)).ShouldBe(["entered", "left", "partly"]);
    }

    [Fact]
    public async Task A_room_stays_while_a_join_is_under_way_and_is_taken_back_if_it_comes_to_nothing()
    {
        var (node, _) = await CreateAsync();
        var joining = new TaskCompletionSource<RoomChange>();
        var join = node.Rooms.JoinAsync(node.Generation, "r", () => new(joining.Task));
        node.Rooms.Leave(node.Generation, "r");
        await Wait.UntilAsync(() => Database.HashExists(_names.RoomsOf(node.Generation), "r"));
        _time.Advance(2 * Unused);
        await node.Rooms.ShrinkAsync();
        (await RoomsAsync(node)).ShouldBe(["r"]);

        joining.SetException(RedisConnection.Unavailable());
        await Should.ThrowAsync<MeshException>(join.AsTask());
        await node.Rooms.ShrinkAsync();
        (await RoomsAsync(node)).ShouldBe(["r"]);
        _time.Advance(Unused);
        await node.Rooms.ShrinkAsync();
        (await RoomsAsync(node)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Taking_back_that_comes_late_leaves_alone_what_was_noted_since()
    {
        var (node, store) = await CreateAsync();
        await store.JoinAsync("r", new("a"), null, Cancellation);
        RedisKey[] key = [_names.RoomsOf(node.Generation)];
        var first = await Database.HashGetAsync(key[0], "r");
        await store.LeaveAsync("r", "a", Cancellation);
        _time.Advance(Unused);
        await node.Rooms.ShrinkAsync();
        await node.RenewAsync();
        await store.JoinAsync("r", new("a"), null, Cancellation);
        await Database.ScriptEvaluateAsync(RedisScripts.ForgetRoom, key, ["r", first]);
        (await RoomsAsync(node)).ShouldBe(["r"]);
    }

    [Fact]
    public async Task A_node_without_members_has_lost_nothing()
    {
        var (node, store) = await CreateAsync();
        await store.JoinAsync("r", new("a"), null, Cancellation);
        await node.RenewAsync();
        node.Lost += () => throw new InvalidOperationException("Its index is empty, and there.");
        await store.LeaveAsync("r", "a", Cancellation);
        _time.Advance(Unused);
        await node.Rooms.ShrinkAsync();
        await node.RenewAsync();
        (await Database.KeyExistsAsync(_names.RoomsOf(node.Generation))).ShouldBeTrue();
    }

    [Fact]
    public async Task No_member_is_ever_in_a_room_that_is_not_noted()
    {
        const int Rooms = 4, Rounds = 300;
        var (node, store) = await CreateAsync();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var shrinking = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    _time.Advance(Unused);
                    await node.RenewAsync();
                    await node.Rooms.ShrinkAsync();
                }
            },
            Cancellation);
        await Task.WhenAll(Enumerable.Range(0, Rooms).Select(it => Task.Run(() => ComeAndGoAsync($"{it}"), Cancellation)));
        await done.CancelAsync();
        await shrinking;

        async Task ComeAndGoAsync(string room)
        {
            for (var round = 0; round < Rounds; round++)
            {
                try
                {
                    await store.JoinAsync(room, new("a"), null, Cancellation);
                }
                catch (StoreNotAskedException)
                {
                    // The lease goes by as fast.
                    await Wait.UntilAsync(() => node.IsAlive);
                    round--;
                    continue;
                }
                (await Database.HashExistsAsync(_names.RoomsOf(node.Generation), room)).ShouldBeTrue($"{room}, round {round}");
                await store.LeaveAsync(room, "a", Cancellation);
            }
        }
    }

    private async Task<IEnumerable<string>> RoomsAsync(RedisNode node) =>
        (await Database.HashKeysAsync(_names.RoomsOf(node.Generation))).Select(it => (string)it!).Where(it => it.Length > 0).Order(StringComparer.Ordinal);

    private async Task<(RedisNode Node, RedisRoomStore Store)> CreateAsync()
    {
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        var node = new RedisNode(connection, _names, _time);
        await node.RenewAsync();
        var known = new RedisKnown();
        var scripts = new RoomScripts(connection, _names, known);
        return (node, new(connection, _names, node, new(connection, _time), known, scripts, new(scripts), Options.Create(new MeshOptions())));
    }
}
