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
        await alice.EnterAsync("r");
        var copy = await CopyAsync();
        await PublishAsync(alice, "1");
        var before = await UntilSameAsync(one, two, it => it.Revision == 2);

        await PutBackAsync(copy);
        await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        var after = await UntilSameAsync(one, two, it => it.Epoch > before.Epoch);
        after.Members.Single().JoinedAt.ShouldBe(before.Members.Single().JoinedAt);
    }

    private static async Task<string> PublishAsync(PlainClient client, string state) =>
        (await client.PublishAsync("r", state)).GetProperty("stamp").GetRawText();

    // What the nodes hold, which is what they show.
    private static async Task<Roster> UntilSameAsync(TestServer one, TestServer two, Func<Roster, bool> isSo)
    {
        await using var here = await one.ConnectAsync();
        await using var there = await two.ConnectAsync();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (shown, other) = (await SnapshotAsync(here), await SnapshotAsync(there));
            if (shown.Equals(other) && isSo(shown)) return shown;
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Bound + Busy, $"{shown.At} and {other.At}: {string.Join(", ", shown.Members)}");
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
