using System.Net.WebSockets;
using System.Text.Json;
using Mesh.Server.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Clients that resume on another node than the one they were on.</summary>
public sealed class SessionMoveTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private readonly string _prefix = $"moves-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dropped_session_resumes_on_another_node_and_nobody_sees_it()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await alice.RequestAsync("mesh/set-my-connection-metadata", "{\"metadata\":{\"n\":1}}");
        await observer.UntilAsync(() => observer.Events.Count == 2);
        var id = alice.Id;
        alice.Drop();
        await one.UntilDroppedAsync(id);

        var (again, _) = await two.OpenWithTokenAsync(token);
        await using (again)
        {
            again.Id.ShouldBe(id);
            (await again.RequestAsync("mesh/get-my-connection-metadata")).GetProperty("metadata").GetRawText().ShouldBe("{\"n\":1}");
            var entered = await again.EnterAsync("r", ",\"publish\":{\"state\":2}");
            entered.GetProperty("snapshot").GetProperty("members").EnumerateArray().Single().GetProperty("number").GetInt32().ShouldBe(1);
            await one.UntilGoneAsync(id);
            await observer.UntilAsync(() => observer.Events.Count == 3);
            await observer.ShouldHaveEventsAsync(Joined("r", id), State("r", id, "1"), State("r", id, "2"));
        }
        await observer.UntilAsync(() => observer.Events.Count == 4);
    }

    [Fact]
    public async Task A_token_is_good_until_the_next_has_arrived_on_whichever_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var three = await StartAsync();
        var (alice, first) = await one.OpenWithTokenAsync();
        var id = alice.Id;
        // Its answer might have been lost each time: no command follows it.
        foreach (var node in new[] { two, three, one, two })
        {
            alice.Drop();
            (alice, _) = await node.OpenWithTokenAsync(first);
            alice.Id.ShouldBe(id);
        }
        alice.Drop();
        var (last, token) = await three.OpenWithTokenAsync(first);
        last.Id.ShouldBe(id);
        await last.RequestAsync("mesh/noop");
        await Wait.UntilAsync(() => three.Get<ConnectionRegistry>().FindByToken(first) is null);
        last.Drop();
        await ShouldNotResumeAsync(two, first, id);
        (alice, _) = await one.OpenWithTokenAsync(token);
        alice.Id.ShouldBe(id);
        await alice.DisposeAsync();
        await one.UntilGoneAsync(id);
        await ShouldNotResumeAsync(two, token, id);
    }

    [Fact]
    public async Task A_half_open_predecessor_on_another_node_is_closed_and_its_unclaimed_rooms_are_left()
    {
        await using var one = await StartAsync(grace: 1);
        await using var two = await StartAsync(grace: 1);
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("unclaimed");
        await observer.SubscribeAsync("claimed");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("claimed");
        await alice.EnterAsync("unclaimed");
        await observer.UntilAsync(() => observer.Events.Count == 2);

        var (again, _) = await two.OpenWithTokenAsync(token);
        await using var _ = again;
        await again.EnterAsync("claimed");
        (await alice.Closed).ShouldBe(4002);
        await observer.UntilAsync(() => observer.Events.Count == 3);
        await observer.ShouldHaveEventsAsync(Joined("claimed", again.Id), Joined("unclaimed", again.Id), Left("unclaimed", again.Id));
        (await two.Mesh.Room("claimed").ReadAsync(Cancellation)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_comes_back_to_the_node_it_left_has_been_there_all_the_time()
    {
        await using var one = await StartAsync(grace: 1);
        await using var two = await StartAsync(grace: 1);
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r");
        var first = one.Mesh.FindConnection(alice.Id)!;
        alice.Drop();
        (alice, token) = await two.OpenWithTokenAsync(token);
        await alice.EnterAsync("r");
        // The first node has forgotten it, with the room, and then has it again.
        await Wait.UntilAsync(() => first.Rooms.Count == 0);
        alice.Drop();
        (alice, _) = await one.OpenWithTokenAsync(token);
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await observer.UntilAsync(() => observer.Events.Count == 2);
        await observer.ShouldHaveEventsAsync(Joined("r", alice.Id), State("r", alice.Id, "1"));
    }

    [Fact]
    public async Task Who_moved_is_not_spoken_for_by_the_node_it_left()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        var left = one.Mesh.FindConnection(alice.Id)!;
        var (again, _) = await two.OpenWithTokenAsync(token);
        await using var _ = again;
        await again.EnterAsync("r");
        await one.UntilGoneAsync(again.Id);
        // As if it had not been told: a late publish, and joining again after Redis lost its members.
        (await one.Get<IRoomStore>().SetStateAsync("r", left.Id, new StateChange.Publish(RawJson.FromText("9")), Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember);
        (await one.Get<IRoomStore>().JoinAsync("r", new(left.Id), null, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Moved);
        (await one.Get<IRoomStore>().LeaveAsync("r", left.Id, Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember);
        (await two.Mesh.Room("r").ReadAsync(Cancellation)).Members.Single().State.ToString().ShouldBe("1");
    }

    [Fact]
    public async Task Nobody_else_resumes_it_and_Redis_does_not_hold_the_token()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (alice, token) = await one.OpenWithTokenAsync();
        await using var _ = alice;
        foreach (var forged in new[] { token[..^1] + "!", token[..^4] + "0000", "x", "a.b.c", token + ".x", token.Replace('.', ' ') })
            await ShouldNotResumeAsync(two, forged, alice.Id);
        foreach (var key in redis.Connection.GetServers().Single().Keys(pattern: $"{_prefix}*"))
        {
            if (await redis.Connection.GetDatabase().KeyTypeAsync(key) != RedisType.Hash) continue;
            foreach (var entry in await redis.Connection.GetDatabase().HashGetAllAsync(key)) entry.Value.ToString().ShouldNotContain(token.Split('.')[2]);
        }
    }

    [Fact]
    public async Task A_node_that_shuts_down_hands_over_instead_of_announcing_leaves()
    {
        var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await two.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.EnterAsync("r", ",\"publish\":{\"state\":1}");
        var (bob, _) = await one.OpenWithTokenAsync();
        await bob.EnterAsync("r");
        await using var plain = await one.ConnectAsync();
        await plain.JoinAsync("r");
        await observer.UntilAsync(() => observer.Events.Count == 4);

        await one.DisposeAsync();
        (await alice.Closed).ShouldBe(1001);
        var (again, _) = await two.OpenWithTokenAsync(token);
        await using var _ = again;
        again.Id.ShouldBe(alice.Id);
        await again.EnterAsync("r");
        // Who knows no sessions has left at once, who is not back leaves after the grace, and is reaped by another node.
        await observer.UntilAsync(() => observer.Events.Count == 6);
        await observer.ShouldHaveEventsAsync(
            Joined("r", alice.Id), State("r", alice.Id, "1"), Joined("r", bob.Id), Joined("r", plain.Id), Left("r", plain.Id), Left("r", bob.Id));
    }

    [Fact]
    public async Task A_session_that_was_saved_late_and_has_ended_is_resumed_by_nobody()
    {
        // Over a connection that Mesh does not give up, with what was sent over it.
        await using var given = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(redis.Address)));
        await using var one = await TestServer.StartAsync(mesh: it => it.AddRedis(given, options => options.Prefix = _prefix));
        await using var two = await StartAsync();
        var sessions = one.Get<RedisNames>().SessionsOf(one.Get<RedisNode>().Name);
        var database = redis.Connection.GetDatabase();
        await using var first = await one.OpenAsync();
        // Longer than the node waits for an answer, and shorter than its lease.
        await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "PAUSE", 3_000, "WRITE");
        var (alice, token) = await one.OpenWithTokenAsync();
        await alice.CloseAsync();
        await one.UntilGoneAsync(alice.Id);
        (await database.HashExistsAsync(sessions, $"t:{alice.Id}")).ShouldBeFalse();

        await Wait.UntilAsync(() => one.Get<RedisNode>().SinceRenewal < TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(() => !database.HashExists(sessions, $"t:{alice.Id}"));
        await ShouldNotResumeAsync(two, token, alice.Id);
        (await database.HashExistsAsync(sessions, $"t:{first.Id}")).ShouldBeTrue();
        one.Errors.Clear();
        two.Errors.Clear();
    }

    [Fact]
    public async Task A_node_whose_host_stops_all_at_once_lives_until_its_connections_are_closed()
    {
        await using var server = await TestServer.StartAsync(
            it => it.DrainTime = TimeSpan.FromSeconds(1),
            it => it.AddRedis(redis.Address, options => options.Prefix = _prefix),
            fakeTime: true,
            services: it => it.Services.Configure<HostOptions>(options => options.ServicesStopConcurrently = true));
        var node = server.Get<RedisNode>();
        foreach (var client in await server.ConnectAsync(30)) await client.JoinAsync("r");

        var stopping = server.StopAsync();
        await Wait.UntilAsync(() => server.Mesh.Connections.Count(it => it.IsOpen) == 20);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(() => node.SinceRenewal == TimeSpan.Zero);
        server.Mesh.Connections.Count(it => it.IsOpen).ShouldBeGreaterThan(0);
        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(100), () => stopping.IsCompleted);
        await stopping;
        node.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public async Task Goodbyes_that_nobody_answers_are_part_of_the_grace_of_a_node_that_shuts_down()
    {
        var (grace, close) = (TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10));
        await using var server = await TestServer.StartAsync(
            it => (it.Grace, it.CloseTimeout) = (grace, close),
            it => it.AddRedis(redis.Address, options => options.Prefix = _prefix),
            fakeTime: true);
        using var silent = new ClientWebSocket();
        await silent.ConnectAsync(server.Address, Cancellation);
        await Wait.UntilAsync(() => server.Mesh.Connections.Any(it => it.IsOpen));

        var stopping = server.StopAsync();
        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(100), () => stopping.IsCompleted);
        await stopping;
        var left = (double)(await redis.Connection.GetDatabase().SortedSetScoreAsync(server.Get<RedisNames>().LiveNodes, server.Get<RedisNode>().Generation))!;
        var now = new DateTimeOffset(await redis.Connection.GetServers().Single().TimeAsync()).ToUnixTimeMilliseconds() + 1;
        // Whether all were told is looked at a few times a second.
        (left - now).ShouldBeLessThanOrEqualTo((grace - (close / 2)).TotalMilliseconds);
        // The rest of it is theirs, however slow the machine is.
        (left - now).ShouldBeGreaterThan((grace / 2).TotalMilliseconds);
    }

    private static async Task ShouldNotResumeAsync(TestServer node, string token, string id)
    {
        await using var stranger = await node.ConnectAsync();
        var answer = await stranger.OpenSessionAsync(token);
        answer.GetProperty("resumed").ValueKind.ShouldBe(JsonValueKind.False);
        stranger.Id.ShouldNotBe(id);
    }

    private Task<TestServer> StartAsync(int grace = 5) =>
        TestServer.StartAsync(it => it.Grace = TimeSpan.FromSeconds(grace), it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));
}
