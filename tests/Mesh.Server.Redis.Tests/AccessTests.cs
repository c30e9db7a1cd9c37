using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisAccessTests(RedisServer redis) : AccessTests(redis.Connection, redis.Address, more: ""), IClassFixture<RedisServer>;

[Collection(nameof(RedisCluster))]
public sealed class ClusterAccessTests(RedisCluster redis) : AccessTests(redis.Connection, redis.Address, more: InCluster);

/// <summary>A Redis whose user may do what docs/many-nodes.md says, and nothing else.</summary>
public abstract class AccessTests(IConnectionMultiplexer redis, string address, string more)
{
    /// <summary>What a user of a cluster may do besides.</summary>
    protected const string InCluster = " +cluster|nodes +spublish +ssubscribe +sunsubscribe";

    // What the client library asks for, and does without.
    private static readonly string[] s_refused = ["__Booksleeve_TieBreak", "__Booksleeve_MasterChanged", "config|get", "cluster|nodes", "cluster|slots"];

    private const string Command = "ACL SETUSER ";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_documentation_says_is_enough()
    {
        var document = await File.ReadAllTextAsync(Checkout.Folder("docs/many-nodes.md"), Cancellation);
        var rules = document.Split('\n').Select(static it => it.Trim()).Single(static it => it.StartsWith(Command, StringComparison.Ordinal))[Command.Length..].Split(' ');
        document.ShouldContain($"`{InCluster.Trim()}`");
        var servers = redis.GetServers();
        foreach (var server in servers)
        {
            await server.ExecuteAsync("ACL", ["SETUSER", .. rules, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            await server.ExecuteAsync("ACL", "LOG", "RESET");
        }
        await using (var one = await StartAsync())
        await using (var two = await StartAsync())
        {
            await using var observer = await two.ConnectAsync();
            await observer.SubscribeAsync("r");
            var (alice, token) = await one.OpenWithTokenAsync();
            await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
            await alice.RequestAsync("mesh/set-my-connection-metadata", "{\"metadata\":{\"n\":1}}");
            await one.Mesh.Room("r").SetMetadataAsync("m", Cancellation);
            (await two.Mesh.Room("r").GetMetadataAsync<string>(Cancellation)).ShouldBe("m");
            await one.Mesh.Room("r").SetMetadataAsync<string?>(null, Cancellation);
            await observer.UntilAsync(() => observer.Events.Count == 2);
            alice.Drop();
            await using var again = await two.ConnectAsync();
            (await again.OpenSessionAsync(token)).GetProperty("connectionId").GetString().ShouldBe(alice.Id);
            await again.EnterAsync("r");
            await one.UntilGoneAsync(alice.Id);
            await one.Mesh.BroadcastAsync("all", 1, cancellationToken: Cancellation);
            await one.Mesh.RevokeAsync("nobody", Cancellation);
            await observer.UntilAsync(() => observer.Events.Count == 3);
            // What a node does later.
            await again.LeaveAsync("r");
            await JudgeAsync(two);
            two.Time.Advance(TimeSpan.FromMinutes(1));
            await two.Get<RedisNode>().Rooms.ShrinkAsync();
            two.Get<RedisReaping>().Begin([two.Get<RedisNode>().Generation, "another"]);
            foreach (var server in servers) await server.ExecuteAsync("CLIENT", "KILL", "USER", "mesh");
            foreach (var server in new[] { one, two })
            {
                server.Time.Advance(Second);
                await Wait.UntilAsync(() => server.Get<RedisNode>().SinceRenewal == TimeSpan.Zero);
            }
            one.Errors.Forgive();
            two.Errors.Forgive();
            await alice.DisposeAsync();
        }
        foreach (var server in servers)
            ((RedisResult[])(await server.ExecuteAsync("ACL", "LOG"))!).Select(it => it.ToDictionary()["object"].ToString()).Except(s_refused).ShouldBeEmpty();
    }

    // Who has renewed its lease for a while finds another dead.
    private async Task JudgeAsync(TestServer server)
    {
        var (node, names, database) = (server.Get<RedisNode>(), server.Get<RedisNames>(), redis.GetDatabase());
        await database.HashSetAsync(names.RenewingNodes, node.Generation, 1);
        await database.SortedSetAddAsync(names.LiveNodes, "late", 1);
        for (var passed = TimeSpan.Zero; passed <= RedisNode.Lease; passed += Second)
        {
            server.Time.Advance(Second);
            await Wait.UntilAsync(() => node.SinceRenewal == TimeSpan.Zero);
        }
        (await database.SortedSetScoreAsync(names.DeadNodes, "late")).ShouldNotBeNull();
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(fakeTime: true, mesh: it => it.AddRedis($"{address},user=mesh,password=secret"));
}
