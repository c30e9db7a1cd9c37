using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StackExchange.Redis;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Protocol §8: who is revoked on one node is gone from all of them.</summary>
public sealed class RevocationTests(RedisServer redis) : IClassFixture<RedisServer>
{
    // Of the issue, from the call on one node to the end of a connection on another.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private readonly string _prefix = $"revocations-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Within_a_second_on_every_node()
    {
        await using var one = await StartAsync(redis.Port);
        await using var two = await StartAsync(redis.Port);
        await using var here = await ConnectAsync(one, "alice");
        await using var there = await ConnectAsync(two, "alice");
        await using var bob = await ConnectAsync(two, "bob");

        var started = TimeProvider.System.GetTimestamp();
        await one.Mesh.RevokeAsync("alice", Cancellation);
        (await here.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        (await there.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Bound);
        await bob.FenceAsync();
    }

    [Fact]
    public async Task On_a_node_that_is_cut_off_once_it_is_back()
    {
        await using var proxy = new TcpProxy(redis.Port);
        await using var one = await StartAsync(redis.Port);
        await using var two = await StartAsync(proxy.Port);
        await using var there = await ConnectAsync(two, "alice");
        await using var bob = await ConnectAsync(two, "bob");
        await CutOffAsync(two, proxy);

        await one.Mesh.RevokeAsync("alice", Cancellation);
        await there.FenceAsync();
        proxy.Forward();
        (await there.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        await bob.FenceAsync();
    }

    [Fact]
    public async Task On_every_node_also_where_nobody_waits_for_it()
    {
        await using var one = await StartAsync(redis.Port);
        await using var two = await StartAsync(redis.Port);
        await using var there = await ConnectAsync(two, "alice");
        await Should.ThrowAsync<OperationCanceledException>(async () => await one.Mesh.RevokeAsync("alice", new CancellationToken(canceled: true)));
        (await there.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
    }

    [Fact]
    public async Task Also_by_an_earlier_clock_after_Redis_has_lost_who_was_revoked()
    {
        await using var node = await StartAsync(redis.Port);
        await using var bob = await ConnectAsync(node, "bob");
        await using var alice = await ConnectAsync(node, "alice");
        await node.Mesh.RevokeAsync("bob", Cancellation);
        (await bob.Closed).ShouldBe(CloseCodes.AuthenticationEnded);

        var (connection, stream) = (await node.Get<RedisConnection>().ReadyAsync(), node.Get<RedisNames>().Revocations);
        await connection.GetDatabase().KeyDeleteAsync(stream);
        await connection.GetDatabase().StreamAddAsync(stream, "user", "alice", "1-1");
        await connection.GetSubscriber().PublishAsync(RedisChannel.Literal(stream), RedisValue.EmptyString);
        (await alice.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
    }

    [Fact]
    public async Task On_the_node_that_waits_for_another_to_claim_its_members_at_once()
    {
        await using var one = await StartAsync(redis.Port, it => it.Grace = TimeSpan.FromMinutes(5));
        await using var two = await StartAsync(redis.Port, it => it.Grace = TimeSpan.FromMinutes(5));
        await using var first = await ConnectAsync(one, "alice");
        var token = (await first.OpenSessionAsync()).Token();
        await first.EnterAsync("r");
        await using var second = await ConnectAsync(two, "alice");
        (await second.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("true");
        await one.UntilGoneAsync(first.Id);

        await one.Mesh.RevokeAsync("alice", Cancellation);
        (await second.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        await two.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task Without_Redis_on_this_node_and_it_is_said_that_others_were_not_told()
    {
        await using var proxy = new TcpProxy(redis.Port);
        await using var one = await StartAsync(proxy.Port);
        await using var here = await ConnectAsync(one, "alice");
        await CutOffAsync(one, proxy);
        (await Should.ThrowAsync<MeshException>(async () => await one.Mesh.RevokeAsync("alice", Cancellation))).Code.ShouldBe(ErrorCodes.Unavailable);
        (await here.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
    }

    [Fact]
    public async Task Who_signs_in_again_afterwards_stays_on_nodes_that_begin_later_too()
    {
        await using var one = await StartAsync(redis.Port);
        await one.Mesh.RevokeAsync("alice", Cancellation);
        await using var two = await StartAsync(redis.Port);
        await using var alice = await ConnectAsync(two, "alice");
        // By then it has read what there was.
        await using var bob = await ConnectAsync(two, "bob");
        await one.Mesh.RevokeAsync("bob", Cancellation);
        (await bob.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        await alice.FenceAsync();
    }

    private static async Task CutOffAsync(TestServer node, TcpProxy proxy)
    {
        proxy.Refuse();
        proxy.Drop();
        var connection = await node.Get<RedisConnection>().ReadyAsync();
        await Wait.UntilAsync(() => !connection.IsConnected);
    }

    private Task<TestServer> StartAsync(int port, Action<MeshOptions>? options = null) => TestServer.StartAsync(
        options,
        it => it.AddRedis(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), options => options.Prefix = _prefix),
        before: app => app.Use((http, next) =>
        {
            http.User = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, http.Request.Headers["X-User"].ToString())], "test"));
            return next(http);
        }));

    private static Task<PlainClient> ConnectAsync(TestServer server, string user) => server.ConnectAsync(it => it.SetRequestHeader("X-User", user));
}
