using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Several nodes on one Redis.</summary>
public sealed class NodeTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _prefix = $"nodes-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happens_on_one_node_is_seen_on_all()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var plain = await two.ConnectAsync();
        await using var observer = await two.OpenAsync();
        await plain.SubscribeAsync("r");
        await observer.EnterAsync("r");
        await using var alice = await one.OpenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":{\"n\":1}}");

        await plain.UntilAsync(() => plain.Events.Count == 3);
        await plain.ShouldHaveEventsAsync(Joined("r", observer.Id), Joined("r", alice.Id), State("r", alice.Id, "{\"n\":1}"));
        await observer.UntilAsync(() => observer.Diffs().Any());
        (await alice.EnterAsync("r")).GetProperty("snapshot").ShouldBe((await observer.EnterAsync("r")).GetProperty("snapshot").GetRawText());
        await alice.CloseAsync();
        await plain.UntilAsync(() => plain.Events.Count == 4);
        await plain.ShouldHaveEventsAsync(Joined("r", observer.Id), Joined("r", alice.Id), State("r", alice.Id, "{\"n\":1}"), Left("r", alice.Id));
    }

    [Fact]
    public async Task A_room_that_nobody_has_entered_is_in_the_same_epoch_for_all_and_for_the_first_who_enters()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (here, there) = (one.Get<IRoomStore>(), two.Get<IRoomStore>());
        var read = await here.ReadAsync("r", Cancellation);
        (await there.ReadAsync("r", Cancellation)).At.ShouldBe(read.At);
        (await there.JoinAsync("r", new("a"), null, Cancellation)).At.ShouldBe(read.At with { Revision = 1 });
        await there.LeaveAsync("r", "a", Cancellation);
        (await here.JoinAsync("r", new("a"), null, Cancellation)).At.Epoch.ShouldBeGreaterThan(read.At.Epoch);
        // Of what nobody enters nothing is left.
        (await here.ReadAsync("other", Cancellation)).Count.ShouldBe(0);
        (await redis.Connection.GetDatabase().KeyTimeToLiveAsync(one.Get<RedisNames>().Room("other"))).ShouldNotBeNull();
        (await redis.Connection.GetDatabase().KeyTimeToLiveAsync(one.Get<RedisNames>().Room("r"))).ShouldBeNull();
    }

    [Fact]
    public async Task Broadcasts_reach_all_nodes_and_of_a_room_its_members()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var here = await one.ConnectAsync();
        await using var there = await two.ConnectAsync();
        await there.JoinAsync("r");
        await one.Mesh.BroadcastAsync("all", 1, cancellationToken: Cancellation);
        await one.Mesh.Room("r").BroadcastAsync("room", 2, cancellationToken: Cancellation);
        await one.Mesh.BroadcastAsync("others", 3, except: [here.Id], cancellationToken: Cancellation);
        await there.UntilAsync(() => there.Events.Count == 3);
        there.Events.Select(it => it.Command).ShouldBe(["all", "room", "others"]);
        await here.UntilAsync(() => here.Events.Count == 1);
        here.Events.Select(it => it.Command).ShouldBe(["all"]);
    }

    [Fact]
    public async Task A_subscription_that_was_cut_off_is_made_up_for_also_if_the_last_change_was_lost()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var plain = await two.ConnectAsync();
        await using var alice = await one.ConnectAsync();
        await plain.SubscribeAsync("r");
        await alice.JoinAsync("r");
        await plain.UntilAsync(() => plain.Events.Count == 1);

        for (var round = 1; round <= 5; round++)
        {
            await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await alice.PublishPlainAsync("r", $"{round}");
            await plain.UntilAsync(() => plain.Events.Any(it => it.Text.Contains($"\"state\":{round},", StringComparison.Ordinal)));
        }
        (await two.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("5");
    }

    [Fact]
    public async Task A_node_does_not_start_without_Redis_and_says_so()
    {
        var nowhere = $"127.0.0.1:{FreePort.Next()}";
        var time = new FakeTimeProvider();
        var starting = TestServer.StartAsync(services: it => it.Services.AddSingleton<TimeProvider>(time), mesh: it => it.AddRedis(nowhere));
        await Wait.UntilAsync(time, TimeSpan.FromSeconds(1), () => starting.IsCompleted);
        var refusal = await Should.ThrowAsync<InvalidOperationException>(starting);
        refusal.Message.ShouldContain(nowhere);
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(nowhere, options => options.Required = false)).WaitAsync(Soon, Cancellation);
        await using var client = await server.ConnectAsync();
        (await client.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe("EUNAVAILABLE");
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_node_waits_a_little_for_a_Redis_that_is_only_slow()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There are no signals.");
        await using var slow = new RunningRedis();
        await slow.StartAsync();
        await slow.PauseAsync();
        await using var given = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(slow.Address)));
        given.IsConnected.ShouldBeFalse();
        // Time stands: the connection itself is what it waits for.
        var starting = TestServer.StartAsync(fakeTime: true, mesh: it => it.AddRedis(given));
        await Wait.UntilAsync(() => HandlersOf(given).Restored > 0 || starting.IsCompleted);
        await slow.ContinueAsync();
        await using var server = await starting.WaitAsync(Soon, Cancellation);
        server.Get<RedisNode>().IsAlive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_does_not_start_over_a_connection_that_changes_the_names_of_channels_and_says_so()
    {
        var refusal = await Should.ThrowAsync<InvalidOperationException>(() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address + ",channelPrefix=app:")));
        refusal.Message.ShouldBe("A connection with a channelPrefix can't be used. Set MeshRedisOptions.Prefix instead.");
        await using var given = await ConnectionMultiplexer.ConnectAsync(redis.Address + ",channelPrefix=app:");
        await Should.ThrowAsync<InvalidOperationException>(() => TestServer.StartAsync(mesh: it => it.AddRedis(given)));
    }

    [Fact]
    public async Task Sentinel_is_refused()
    {
        var refusal = await Should.ThrowAsync<ArgumentException>(() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address + ",serviceName=main")));
        refusal.Message.ShouldContain("Sentinel");
    }

    [Fact]
    public async Task Members_leave_also_where_Redis_refuses_to_hear_of_the_end_of_a_session()
    {
        await using var server = await StartAsync();
        await using var alice = await server.OpenAsync();
        await alice.EnterAsync("refused");
        var sessions = server.Get<RedisNames>().SessionsOf(server.Get<RedisNode>().Name);
        await redis.Connection.GetDatabase().StringSetAsync(sessions, "of another type");
        await alice.CloseAsync();
        await server.UntilGoneAsync(alice.Id);
        await server.UntilEmptyAsync("refused");
        server.Errors.Clear();
    }

    [Theory]
    [InlineData("{one}")]
    [InlineData("{")]
    public async Task A_prefix_that_would_put_all_on_one_server_is_refused(string prefix)
    {
        var refusal = await Should.ThrowAsync<OptionsValidationException>(() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = prefix)));
        refusal.Message.ShouldContain("MeshRedisOptions.Prefix can't have braces");
    }

    [Fact]
    public async Task A_node_that_has_ended_leaves_nothing_on_a_connection_that_it_was_given()
    {
        await using var given = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(redis.Address)));
        var before = HandlersOf(given);
        await using (var server = await TestServer.StartAsync(mesh: it => it.AddRedis(given, options => options.Prefix = _prefix)))
        {
            await using var alice = await server.ConnectAsync();
            await alice.SubscribeAsync("r");
            HandlersOf(given).ShouldBe((before.Restored + 3, before.Failed + 1));
        }
        HandlersOf(given).ShouldBe(before);
        var admin = redis.Connection.GetServers().Single();
        await Wait.UntilAsync(() => ((string[])admin.Execute("PUBSUB", "CHANNELS", $"{_prefix}:*")!).Length == 0);
        given.IsConnected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(nameof(ConnectionMultiplexer.ConnectionFailed))]
    [InlineData(nameof(ConnectionMultiplexer.ConnectionRestored))]
    public async Task Which_run_of_Redis_a_server_is_has_to_be_learned_again_after_its_connection_was_lost(string told)
    {
        await using var given = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        using var runs = new RedisRuns(new(() => Task.FromResult<IConnectionMultiplexer>(given)));
        (await runs.OfAsync("key")).ShouldBeEmpty();
        await Wait.UntilAsync(() => runs.OfAsync("key").AsTask().Result.Length > 0);
        var failure = new ConnectionFailedEventArgs(
            given, given.GetEndPoints().Single(), ConnectionType.Interactive, ConnectionFailureType.SocketClosed, new IOException(), physicalName: "");
        foreach (var handler in HandlersOf(given, told)) handler.DynamicInvoke(given, failure);
        (await runs.OfAsync("key")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Broadcasts_work_once_a_Redis_is_there_that_was_away_at_the_start()
    {
        await using var late = new RunningRedis();
        await using var server = await TestServer.StartAsync(mesh: it => it.AddRedis(late.Address, options => options.Required = false), fakeTime: true);
        await using var client = await server.ConnectAsync();
        var early = Should.ThrowAsync<MeshException>(() => server.Mesh.BroadcastAsync("early", 1, cancellationToken: Cancellation).AsTask());
        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(100), () => early.IsCompleted);
        (await early).Code.ShouldBe("EUNAVAILABLE");

        // From now on time stands: the connection itself is what it waits for.
        await late.StartAsync();
        await Wait.UntilAsync(() => server.Get<RedisNode>().IsAlive);
        // One may be lost while the second of its two connections comes, and all is subscribed to anew.
        var heard = client.UntilAsync(() => client.Events.Count > 0);
        while (!heard.IsCompleted) await server.Mesh.BroadcastAsync("late", 1, cancellationToken: Cancellation).AsTask().WaitAsync(Soon, Cancellation);
        await heard;
        client.Events[0].Command.ShouldBe("late");
        server.Errors.Forgive();
    }

    private static (int Restored, int Failed) HandlersOf(ConnectionMultiplexer connection) => (
        HandlersOf(connection, nameof(ConnectionMultiplexer.ConnectionRestored)).Length,
        HandlersOf(connection, nameof(ConnectionMultiplexer.ConnectionFailed)).Length);

    private static Delegate[] HandlersOf(ConnectionMultiplexer connection, string ofEvent) =>
        (typeof(ConnectionMultiplexer).GetField(ofEvent, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(connection) as Delegate)?.GetInvocationList() ?? [];

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
}
