using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>A Redis that answers, and takes nothing: it is away, and nothing is lost by that.</summary>
public sealed class NotNowTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private readonly string _prefix = $"not-now-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IServer Server => redis.Connection.GetServers().Single();

    [Fact]
    public async Task Its_memory_is_full() => await ShouldBeAwayAsync(
        () => Server.ConfigSetAsync("maxmemory", "1"),
        () => Server.ConfigSetAsync("maxmemory", "0"),
        "OOM");

    [Fact]
    public async Task Its_disk_is_full()
    {
        // No file can have the name of a folder.
        var folder = Path.Combine((await Server.ConfigGetAsync("dir")).Single().Value, "dump.rdb");
        await ShouldBeAwayAsync(
            async () =>
            {
                await Server.ConfigSetAsync("save", "3600 1000000");
                Directory.CreateDirectory(folder);
                await SaveAsync("err");
            },
            async () =>
            {
                Directory.Delete(folder);
                await SaveAsync("ok");
                await Server.ConfigSetAsync("save", "");
            },
            "MISCONF");
    }

    [Fact]
    public async Task Where_its_memory_is_full_leaves_make_room_again()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        var members = await one.ConnectAsync(3);
        foreach (var member in members) await member.JoinAsync("r");
        await observer.UntilAsync(() => observer.Events.Count == 3);
        await Server.ConfigSetAsync("maxmemory", "1");
        try
        {
            // One between two others, the last and the only one.
            foreach (var at in new[] { 1, 2, 0 })
            {
                await members[at].CloseAsync();
                await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains(members[at].Id, StringComparison.Ordinal) && it.Text.Contains("\"leave\"", StringComparison.Ordinal)));
            }
        }
        finally
        {
            await Server.ConfigSetAsync("maxmemory", "0");
        }
        foreach (var member in members) await member.DisposeAsync();
    }

    [Fact]
    public async Task At_the_start_it_is_said_why_or_begun_without_it()
    {
        await Server.ConfigSetAsync("maxmemory", "1");
        var required = await Should.ThrowAsync<InvalidOperationException>(StartAsync);
        required.Message.ShouldContain(redis.Address);
        required.Message.ShouldContain("OOM");
        required.Message.ShouldContain(nameof(MeshRedisOptions.Required));
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => (options.Prefix, options.Required) = (_prefix, false)));
        server.Get<RedisNode>().IsAlive.ShouldBeFalse();
        await Server.ConfigSetAsync("maxmemory", "0");
        await Wait.UntilAsync(() => server.Get<RedisNode>().IsAlive);
    }

    private async Task ShouldBeAwayAsync(Func<Task> begin, Func<Task> end, string answer)
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var plain = await one.ConnectAsync();
        await plain.JoinAsync("r");
        await using var session = await one.OpenAsync();
        await session.EnterAsync("r", ",\"publish\":{\"state\":1}");
        var (resumes, token) = await one.OpenWithTokenAsync();
        await resumes.EnterAsync("r");
        await using var leaves = await one.ConnectAsync();
        await leaves.JoinAsync("r");
        await observer.UntilAsync(() => observer.Events.Count == 5);

        await begin();
        (await Should.ThrowAsync<RedisServerException>(redis.Connection.GetDatabase().StringSetAsync("any", 1))).Message.ShouldStartWith(answer);
        (await plain.PublishPlainAsync("r", "2")).GetBoolean().ShouldBeTrue();
        (await session.ErrorOfAsync("mesh/publish", "{\"roomName\":\"r\",\"state\":3}")).ShouldBe("EUNAVAILABLE");
        (await session.ErrorOfAsync("mesh/join-room", Room("other"))).ShouldBe("EUNAVAILABLE");
        (await observer.SubscribeAsync("other")).GetProperty("present").GetArrayLength().ShouldBe(0);
        resumes.Drop();
        await leaves.CloseAsync();
        await one.UntilGoneAsync(leaves.Id);

        await end();
        await Wait.UntilAsync(() => one.Get<RedisNode>().IsAlive && two.Get<RedisNode>().IsAlive);
        await session.PublishAsync("r", "3");
        await session.JoinAsync("other");
        await using var back = await one.ConnectAsync();
        (await back.OpenSessionAsync(token)).GetProperty("connectionId").GetString().ShouldBe(resumes.Id);
        await back.EnterAsync("r");
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains(leaves.Id, StringComparison.Ordinal) && it.Text.Contains("\"leave\"", StringComparison.Ordinal)));
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains("\"state\":2,", StringComparison.Ordinal)));
        await observer.UntilAsync(() => observer.Events.Any(it => it.Text.Contains("\"state\":3,", StringComparison.Ordinal)));
        (await two.Mesh.Room("r").ReadAsync(Cancellation)).Members.Select(it => (it.ConnectionId, it.State.ToString())).ShouldBe(
            [(plain.Id, "2"), (session.Id, "3"), (back.Id, "")]);
        await resumes.DisposeAsync();
    }

    private async Task SaveAsync(string status)
    {
        await InsistAsync(() => Server.ExecuteAsync("BGSAVE"));
        var info = "";
        while (!info.Contains($"rdb_last_bgsave_status:{status}\r\n", StringComparison.Ordinal) || !info.Contains("rdb_bgsave_in_progress:0\r\n", StringComparison.Ordinal))
            info = (await InsistAsync(() => Server.InfoRawAsync("persistence")))!;
    }

    // A PING is refused then, too, and over that the client library gives up its connection, and makes another.
    private static async Task<T> InsistAsync<T>(Func<Task<T>> act)
    {
        while (true)
        {
            try
            {
                return await act().WaitAsync(Cancellation);
            }
            catch (RedisConnectionException)
            {
                await Task.Delay(10, Cancellation);
            }
        }
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
}
