using System.Text.Json;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>A Redis that has lost what it had told, as when a replica that lagged took over: it is put back to what it was before.</summary>
public sealed class LostDataTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // "Redis failed over": every view is right again.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);

    private readonly string _prefix = $"lost-{Guid.NewGuid():n}";

    private int _acts;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RedisKey Room => new RedisNames(Options.Create(new MeshRedisOptions { Prefix = _prefix })).Room("r");

    [Fact]
    public async Task A_change_begins_an_epoch_and_no_stamp_is_given_twice()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.OpenAsync();
        await using var bob = await two.OpenAsync();
        await alice.EnterAsync("r");
        await bob.EnterAsync("r");
        List<string> stamps = [await PublishAsync(alice, "1")];
        var copy = await CopyAsync();
        stamps.Add(await PublishAsync(bob, "2"));
        stamps.Add(await PublishAsync(bob, "3"));
        var before = await UntilSameAsync(one, two, it => it.Revision == 5);

        await PutBackAsync(copy);
        stamps.Add(await PublishAsync(bob, "4"));
        stamps.Add(await PublishAsync(alice, "5"));
        var after = await UntilSameAsync(one, two, it => it.Epoch > before.Epoch && it.Members.Any(member => member.State.ToString() == "5"));
        after.Members.Select(it => (it.ConnectionId, it.State.ToString())).ShouldBe([(alice.Id, "5"), (bob.Id, "4")]);
        after.Members.Select(it => it.JoinedAt).ShouldBe(before.Members.Select(it => it.JoinedAt));
        after.Members.ShouldAllBe(it => it.Stamp > before.At);
        stamps.ShouldBeUnique();
    }

    [Fact]
    public async Task A_read_begins_an_epoch_and_all_nodes_read_again()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.OpenAsync();
        await using var observer = await two.ConnectAsync();
        await alice.EnterAsync("r");
        await observer.SubscribeAsync("r");
        var copy = await CopyAsync();
        await PublishAsync(alice, "1");
        var before = await UntilSameAsync(one, two, it => it.Revision == 2);

        await PutBackAsync(copy);
        await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        var after = await UntilSameAsync(one, two, it => it.Epoch > before.Epoch);
        after.Members.Single().JoinedAt.ShouldBe(before.Members.Single().JoinedAt);
    }

    [Fact]
    public async Task Nobody_is_lost_and_nobody_is_a_ghost()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.OpenAsync();
        await using var bob = await two.OpenAsync();
        await using var carol = await two.OpenAsync();
        await alice.EnterAsync("r");
        await PublishAsync(alice, "1");
        await carol.EnterAsync("r");
        var copy = await CopyAsync();
        await PublishAsync(alice, "2");
        (await one.Mesh.SetConnectionMetadataAsync(alice.Id, "here", cancellationToken: Cancellation)).ShouldBeTrue();
        await bob.EnterAsync("r");
        await PublishAsync(bob, "3");
        await carol.LeaveAsync("r");
        var before = await UntilSameAsync(one, two, it => it.Revision == 8);

        var lost = TimeProvider.System.GetTimestamp();
        await PutBackAsync(copy);
        await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await UntilSameAsync(one, two, it => it.Epoch > before.Epoch && Shown(it).SequenceEqual(Shown(before)));
        TimeProvider.System.GetElapsedTime(lost).ShouldBeLessThan(Bound + Busy);

        static IEnumerable<(string, RawJson, Stamp?, RawJson)> Shown(Roster roster) => roster.Members.Select(it => (it.ConnectionId, it.State, it.Stamp, it.Metadata));
    }

    [Fact]
    public async Task Who_is_removed_while_it_is_connected_joins_again()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await one.OpenAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        await alice.EnterAsync("r");
        await observer.UntilAsync(() => observer.Events.Count == 1);
        await two.Get<RoomScripts>().EvaluateAsync(RedisScripts.Reap, "r", generation: "", [one.Get<RedisNode>().Generation, 1], Cancellation);
        await observer.UntilAsync(() => observer.Events.Count == 3);
        await observer.ShouldHaveEventsAsync(Joined("r", alice.Id), Left("r", alice.Id), Joined("r", alice.Id));
    }

    [Fact]
    public async Task Another_run_of_Redis_begins_an_epoch_also_where_nobody_knows_what_was_lost()
    {
        await using var one = await StartAsync();
        await using var alice = await one.OpenAsync();
        await alice.EnterAsync("r");
        var store = one.Get<IRoomStore>();
        var before = await store.ReadAsync("r", Cancellation);
        (await store.ReadAsync("r", Cancellation)).At.ShouldBe(before.At);
        await redis.Connection.GetDatabase().HashSetAsync(Room, "run", "another");
        var after = await store.ReadAsync("r", Cancellation);
        after.At.ShouldBe(new(after.Epoch, 0));
        after.Epoch.ShouldBeGreaterThan(before.Epoch);
        after.Members.Select(it => (it.ConnectionId, it.JoinedAt)).ShouldBe(before.Members.Select(it => (it.ConnectionId, it.JoinedAt)));
        (await store.ReadAsync("r", Cancellation)).At.ShouldBe(after.At);
    }

    [Fact]
    public async Task A_clear_clears_what_was_lost_so_that_nobody_brings_it_back()
    {
        await using var one = await StartAsync();
        await using var alice = await one.OpenAsync();
        await using var bob = await one.OpenAsync();
        await bob.EnterAsync("r");
        var copy = await CopyAsync();
        await alice.EnterAsync("r");
        await PublishAsync(alice, "1");
        await PutBackAsync(copy);
        (await alice.PublishAsync("r", "null")).GetProperty("stamp").ValueKind.ShouldBe(JsonValueKind.Array);
        (await one.Mesh.Room("r").ReadAsync(Cancellation)).Find(alice.Id)!.State.IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_under_way_meanwhile_is_made_all_the_same()
    {
        const int Rounds = 5, Clients = 6, Steps = 30;
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var here = await one.ConnectAsync();
        await using var there = await two.ConnectAsync();
        await here.SubscribeAsync("r");
        await there.SubscribeAsync("r");
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(at => (at % 2 == 0 ? one : two).OpenAsync()));
        var wanted = Enumerable.Repeat((IsMember: true, State: (string?)null), Clients).ToArray();
        await Task.WhenAll(clients.Select(client => client.EnterAsync("r")));
        for (var round = 0; round < Rounds; round++)
        {
            var copy = await CopyAsync();
            var acting = Task.WhenAll(clients.Select((client, at) => ActAsync(client, at, new Random(round * Clients + at))));
            await Wait.UntilAsync(() => Volatile.Read(ref _acts) > ((round * Clients) + (Clients / 2)) * Steps);
            await PutBackAsync(copy);
            await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await acting;
        }

        var expected = clients.Select((it, at) => (it.Id, wanted[at].IsMember, wanted[at].State)).Where(it => it.IsMember).Select(it => $"{it.Id} {it.State}").Order(StringComparer.Ordinal).ToArray();
        await UntilSameAsync(one, two, it => it.Members.Select(member => $"{member.ConnectionId} {member.State}").Order(StringComparer.Ordinal).SequenceEqual(expected), string.Join("\n", expected));
        foreach (var client in clients) await client.DisposeAsync();

        async Task ActAsync(PlainClient client, int at, Random random)
        {
            for (var step = 0; step < Steps; step++, Interlocked.Increment(ref _acts))
            {
                switch (random.Next(3))
                {
                    case 0:
                        await client.LeaveAsync("r");
                        wanted[at] = (false, null);
                        break;
                    case 1:
                        await client.EnterAsync("r");
                        wanted[at] = (true, wanted[at].State);
                        break;
                    case 2 when wanted[at].IsMember:
                        await client.PublishAsync("r", $"{step}");
                        wanted[at] = (true, $"{step}");
                        break;
                }
            }
        }
    }

    private static async Task<string> PublishAsync(PlainClient client, string state) =>
        (await client.PublishAsync("r", state)).GetProperty("stamp").GetRawText();

    // What the nodes hold, which is what they show.
    private static async Task<Roster> UntilSameAsync(TestServer one, TestServer two, Func<Roster, bool> isSo, string what = "")
    {
        await using var here = await one.ConnectAsync();
        await using var there = await two.ConnectAsync();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (shown, other) = (await SnapshotAsync(here), await SnapshotAsync(there));
            if (shown.Equals(other) && isSo(shown)) return shown;
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Bound + Busy, $"{shown.At} and {other.At}: {string.Join("\n", shown.Members)}\n{what}");
            await Task.Delay(10, Cancellation);
        }
    }

    private static async Task<Roster> SnapshotAsync(PlainClient client) =>
        (await client.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""")).GetProperty("snapshot").Deserialize<Roster>(JsonSerializerOptions.Web)!;

    private async Task<byte[]> CopyAsync() => (await redis.Connection.GetDatabase().KeyDumpAsync(Room))!;

    private async Task PutBackAsync(byte[] copy)
    {
        var database = redis.Connection.GetDatabase();
        var transaction = database.CreateTransaction();
        _ = transaction.KeyDeleteAsync(Room);
        _ = transaction.KeyRestoreAsync(Room, copy);
        (await transaction.ExecuteAsync()).ShouldBeTrue();
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
}
