using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>Sessions that go from node to node, some of which die on the way.</summary>
public sealed class RedisSessionStoreTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private readonly RedisNames _names = new(Options.Create(new MeshRedisOptions { Prefix = $"sessions-{Guid.NewGuid():n}" }));

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_taking_that_its_taker_never_saved_is_taken_again()
    {
        var (one, two, three) = (Create(), Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        (await TakeAsync(two.Store, token)).Session!.Moves.ShouldBe(0);

        // Perhaps it died at that.
        var again = await TakeAsync(three.Store, token);
        again.Outcome.ShouldBe(SessionTakeOutcome.Taken);
        again.Session!.Moves.ShouldBe(1);
        (await three.Store.SaveAsync(Session(token, moves: 2), Cancellation)).ShouldBeTrue();
        // Nobody else has it from there, nor has who had it first.
        (await TakeAsync(two.Store, token)).Session!.Moves.ShouldBe(2);
        (await one.Store.SaveAsync(Session(token, moves: 0), Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_taken_is_kept_until_it_is_saved_and_no_longer()
    {
        var (one, two, three) = (Create(), Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        await TakeAsync(two.Store, token);
        (await FieldsAsync(one.Node)).ShouldBe(["j:c", "m:c", "node", "t:c", "u:c"]);
        (await two.Store.SaveAsync(Session(token, moves: 1), Cancellation)).ShouldBeTrue();
        (await FieldsAsync(one.Node)).ShouldBe(["m:c", "node"]);

        // Who was told that it moved finds it there, or finds that it has ended there.
        (await two.Store.EndAsync(Session(token, moves: 1), Cancellation)).ShouldBeTrue();
        (await TakeAsync(three.Store, token)).Outcome.ShouldBe(SessionTakeOutcome.Gone);
    }

    [Fact]
    public async Task What_another_has_taken_before_it_was_released_is_remembered_no_longer()
    {
        var (one, two) = (Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        await TakeAsync(two.Store, token);
        two.Store.Unreleased.ShouldBe(1);
        await redis.Connection.GetDatabase().HashSetAsync(_names.SessionsOf(two.Node.Name), "m:c", "2 another");
        (await two.Store.SaveAsync(Session(token, moves: 1), Cancellation)).ShouldBeFalse();
        two.Store.Unreleased.ShouldBe(0);
    }

    [Fact]
    public async Task What_was_taken_and_ended_before_it_was_saved_is_gone_for_all()
    {
        var (one, two, three) = (Create(), Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        await TakeAsync(two.Store, token);
        (await two.Store.EndAsync(Session(token, moves: 1), Cancellation)).ShouldBeTrue();
        two.Store.Unreleased.ShouldBe(0);
        (await FieldsAsync(one.Node)).ShouldBe(["m:c", "node"]);
        (await TakeAsync(three.Store, token)).Outcome.ShouldBe(SessionTakeOutcome.Gone);
    }

    [Fact]
    public async Task Who_saves_late_what_another_has_taken_meanwhile_leaves_that_alone()
    {
        var (one, two, three) = (Create(), Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        await TakeAsync(two.Store, token);
        await TakeAsync(three.Store, token);
        await two.Store.SaveAsync(Session(token, moves: 1), Cancellation);
        // The taking of the third stands, and with it what it needs should it be asked for again.
        (await FieldsAsync(one.Node)).ShouldBe(["j:c", "m:c", "node", "t:c", "u:c"]);
        (await three.Store.SaveAsync(Session(token, moves: 2), Cancellation)).ShouldBeTrue();
        (await FieldsAsync(one.Node)).ShouldBe(["m:c", "node"]);
    }

    [Fact]
    public async Task That_a_connection_was_taken_is_forgotten_once_nobody_can_come_back_by_it()
    {
        var (one, two) = (Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        var told = new TaskCompletionSource();
        one.Store.Taken += (_, _) => told.TrySetResult();
        await TakeAsync(two.Store, token);
        await two.Store.SaveAsync(Session(token, moves: 1), Cancellation);
        await told.Task.WaitAsync(Wait.Limit, Cancellation);

        _time.Advance(RedisTakings.Kept / 2);
        one.Takings.See("c", 1);
        await one.Takings.ForgetAsync();
        (await FieldsAsync(one.Node)).ShouldBe(["m:c", "node"]);
        _time.Advance(RedisTakings.Kept / 2);
        await one.Takings.ForgetAsync();
        (await FieldsAsync(one.Node)).ShouldBe(["node"]);
        (await TakeAsync(two.Store, token)).Outcome.ShouldBe(SessionTakeOutcome.NotElsewhere);
    }

    [Fact]
    public async Task Who_is_back_is_not_forgotten()
    {
        var (one, two) = (Create(), Create());
        var token = await SaveAsync(one.Store, moves: 0);
        await TakeAsync(two.Store, token);
        await two.Store.SaveAsync(Session(token, moves: 1), Cancellation);
        one.Takings.See("c", 1);
        (await TakeAsync(one.Store, token)).Outcome.ShouldBe(SessionTakeOutcome.Taken);
        await one.Store.SaveAsync(Session(token, moves: 2), Cancellation);
        _time.Advance(RedisTakings.Kept);
        await one.Takings.ForgetAsync();
        (await FieldsAsync(one.Node)).ShouldBe(["j:c", "node", "t:c", "u:c"]);
    }

    private static async Task<string> SaveAsync(RedisSessionStore store, int moves)
    {
        var token = store.NewToken("c");
        (await store.SaveAsync(Session(token, moves), Cancellation)).ShouldBeTrue();
        return token;
    }

    private static SavedSession Session(string token, int moves) => new("c", moves, [token], "user", null, default);

    private static ValueTask<SessionTake> TakeAsync(RedisSessionStore store, string token) => store.TakeAsync(token, "user", Cancellation);

    private async Task<IEnumerable<string>> FieldsAsync(RedisNode node) =>
        (await redis.Connection.GetDatabase().HashKeysAsync(_names.SessionsOf(node.Name))).Select(it => (string)it!).Order(StringComparer.Ordinal);

    private (RedisNode Node, RedisSessionStore Store, RedisTakings Takings) Create()
    {
        var connection = new RedisConnection(() => Task.FromResult(redis.Connection));
        var node = new RedisNode(connection, _names, TimeProvider.System);
        var takings = new RedisTakings(connection, _names, node, _time);
        return (node, new(connection, _names, node, new(connection, TimeProvider.System), takings), takings);
    }
}
