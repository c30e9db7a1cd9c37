using System.Globalization;
using System.Text;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Many changes of one room at once.</summary>
public sealed class StormTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const int Members = 200;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_that_come_while_Redis_is_told_another_go_together_and_each_has_its_own_answer()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address), fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var store = server.Get<IRoomStore>();
        await Task.WhenAll(Enumerable.Range(0, Members).Select(it => store.JoinAsync("r", new($"{it}"), null, Cancellation).AsTask()));
        await observer.UntilAsync(() => observer.Events.Count == Members);

        var before = await CallsAsync();
        var changes = await Task.WhenAll(Enumerable.Range(0, Members).Select(it => store.SetStateAsync("r", $"{it}", new StateChange.Publish(State("1")), Cancellation).AsTask()));
        (await CallsAsync() - before).ShouldBeLessThan(Members / 10);

        changes.Select(it => it.Member!.ConnectionId).ShouldBe(Enumerable.Range(0, Members).Select(it => $"{it}"));
        changes.Select(it => it.At.Revision).ShouldBe(Enumerable.Range(Members + 1, Members).Select(it => (long)it));
        changes.ShouldAllBe(it => it.Member!.Stamp == it.At);
        await observer.UntilAsync(() => observer.Events.Count == 2 * Members);
        // One that is no member is told so, and keeps no other.
        var mixed = await Task.WhenAll(
            store.LeaveAsync("r", "0", Cancellation).AsTask(),
            store.LeaveAsync("r", "0", Cancellation).AsTask(),
            store.SetStateAsync("r", "0", new StateChange.Publish(State("2")), Cancellation).AsTask(),
            store.JoinAsync("r", new("0"), new StateChange.Publish(State("3")), Cancellation).AsTask(),
            store.SetMemberMetadataAsync("r", "0", State("\"m\""), Cancellation).AsTask());
        mixed.Select(it => it.Outcome).ShouldBe([ChangeOutcome.Changed, ChangeOutcome.NotMember, ChangeOutcome.NotMember, ChangeOutcome.Changed, ChangeOutcome.Changed]);
        mixed[^1].Member.ShouldBe((await store.ReadAsync("r", Cancellation)).Find("0"));
    }

    [Fact]
    public async Task One_that_fails_keeps_no_other_that_goes_with_it()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = "fails"), fakeTime: true);
        var store = server.Get<IRoomStore>();
        foreach (var id in new[] { "a", "b", "c" }) await store.JoinAsync("r", new(id), null, Cancellation);
        // As no script leaves it.
        await redis.Connection.GetDatabase().HashDeleteAsync(server.Get<RedisNames>().Room("r"), "o:2");

        var before = await CallsAsync();
        var changes = new[] { "c", "a", "b", "c" }.Select(it => store.SetStateAsync("r", it, new StateChange.Publish(State("1")), Cancellation).AsTask()).ToArray();
        await Should.ThrowAsync<RedisException>(changes[2]);
        foreach (var at in new[] { 0, 1, 3 }) (await changes[at]).Outcome.ShouldBe(ChangeOutcome.Changed);
        // Two, and a renewal of the lease perhaps.
        (await CallsAsync() - before).ShouldBeLessThan(changes.Length);
        (await changes[3]).At.Revision.ShouldBe(6);
    }

    [Fact]
    public async Task When_Redis_goes_away_all_that_wait_are_told_at_once()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = "gone"), fakeTime: true);
        var (store, node) = (server.Get<IRoomStore>(), server.Get<RedisNode>());
        await store.JoinAsync("r", new("a"), null, Cancellation);
        await redis.KillAsync();
        var changes = Enumerable.Range(0, Members).Select(_ => store.LeaveAsync("r", "a", Cancellation).AsTask()).ToArray();
        foreach (var change in changes) (await Should.ThrowAsync<MeshException>(change)).Code.ShouldBe("EUNAVAILABLE");
        await redis.StartAsync();
        await Wait.UntilAsync(() => redis.Connection.IsConnected);
        (await JoinAsync()).Outcome.ShouldBe(ChangeOutcome.Changed);
        server.Errors.Clear();

        // Each new connection is followed by a renewal, until which nobody joins.
        async Task<RoomChange> JoinAsync()
        {
            while (true)
            {
                await Wait.UntilAsync(() => node.IsAlive);
                try
                {
                    return await store.JoinAsync("r", new("b"), null, Cancellation);
                }
                catch (StoreNotAskedException)
                {
                    // Another connection came up just now.
                }
            }
        }
    }

    private static RawJson State(string json) => new(Encoding.UTF8.GetBytes(json));

    private async Task<long> CallsAsync() =>
        (await redis.Connection.GetServers().Single().InfoAsync("commandstats")).SelectMany(it => it).Where(it => it.Key == "cmdstat_evalsha").Sum(it => long.Parse(it.Value.Split('=', ',')[1], CultureInfo.InvariantCulture));
}
