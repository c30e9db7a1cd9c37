using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Which rooms are tracked, for whom, and how long.</summary>
public sealed partial class PresenceRuleTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    [GeneratedRegex("^team-[0-9]+$", RegexOptions.NonBacktracking)]
    private static partial Regex Team { get; }

    [Theory]
    [InlineData("lobby", true)]
    [InlineData("lobby2", false)]
    [InlineData("Lobby", false)]
    [InlineData("game:", true)]
    [InlineData("game:7:x", true)]
    [InlineData("agame:7", false)]
    [InlineData("a.c", true)]
    [InlineData("abc", false)]
    [InlineData("q1", true)]
    [InlineData("q", false)]
    [InlineData("q12", false)]
    [InlineData("team-12", true)]
    [InlineData("team-x", false)]
    [InlineData("x-team-1", false)]
    [InlineData("[a]", true)]
    [InlineData("a", false)]
    public async Task Exact_names_globs_and_expressions(string room, bool tracked)
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it
            .TrackPresence("lobby").TrackPresence("game:*").TrackPresence("a.c").TrackPresence("q?").TrackPresence(Team).TrackPresence("[a]"));
        await using var client = await server.ConnectAsync();
        (await client.SubscribeAsync(room)).GetProperty("success").GetBoolean().ShouldBe(tracked);
    }

    [Fact]
    public async Task The_first_rule_that_matches_counts()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it
            .TrackPresence("vip:open").TrackPresence("vip:*", room => room.GuardBy(_ => false)).TrackPresence("*"));
        await using var client = await server.ConnectAsync();
        (await client.SubscribeAsync("vip:open")).GetProperty("success").ShouldBe("true");
        (await client.SubscribeAsync("vip:x")).GetProperty("success").ShouldBe("false");
        (await client.SubscribeAsync("x")).GetProperty("success").ShouldBe("true");
    }

    [Fact]
    public async Task A_room_that_takes_an_expression_too_long_is_closed_and_that_is_logged()
    {
        var slow = new Regex("^(?<part>a+)+$", RegexOptions.ExplicitCapture, TimeSpan.FromMilliseconds(20));
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence(slow, room => room.GuardBy(_ => false)).TrackPresence("*"));
        await using var client = await server.OpenAsync();
        (await client.SubscribeAsync("b")).GetProperty("success").ShouldBe("true");
        var room = new string('a', 60) + "b";
        (await client.SubscribeAsync(room)).GetProperty("success").ShouldBe("false");
        (await client.ErrorOfAsync("mesh/join-room", Room(room))).ShouldBe(ErrorCodes.Forbidden);
        (await client.EnterAsync(room)).GetProperty("error").GetProperty("code").ShouldBe("\"EFORBIDDEN\"");
        server.Errors.All.Count.ShouldBeGreaterThanOrEqualTo(3);
        server.Errors.Clear();

        // Also for whom the application has put there.
        await server.Mesh.Room(room).AddAsync(client.Id, TestContext.Current.CancellationToken);
        (await client.PublishPlainAsync(room, "1")).ShouldBe("false");
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_guard_may_be_sync_or_async_and_use_the_services_of_the_request()
    {
        await using var server = await TestServer.StartAsync(
            trackAll: false,
            services: it => it.Services.AddScoped<Doorman>(),
            mesh: it => it
                .TrackPresence("sync", room => room.GuardBy(guard => guard.Services.GetRequiredService<Doorman>().Admits(guard.Room, guard.Connection)))
                .TrackPresence("async", room => room.Guard = async guard =>
                {
                    await Task.Yield();
                    guard.CancellationToken.CanBeCanceled.ShouldBeTrue();
                    return guard.Services.GetRequiredService<Doorman>().Admits(guard.Room, guard.Connection);
                }));
        await using var client = await server.OpenAsync();
        foreach (var room in new[] { "sync", "async" })
        {
            (await client.EnterAsync(room)).GetProperty("error").GetProperty("code").ShouldBe("\"EFORBIDDEN\"");
            (await client.SubscribeAsync(room)).GetProperty("success").ShouldBe("false");
        }
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":"member"}""");
        foreach (var room in new[] { "sync", "async" }) (await client.EnterAsync(room)).GetProperty("success").ShouldBe("true");

        // Asked again at each publish: what it says may change.
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":"banned"}""");
        (await client.PublishAsync("sync", "1")).GetProperty("code").ShouldBe("\"EFORBIDDEN\"");
        (await client.PublishPlainAsync("async", "1")).ShouldBe("false");
    }

    [Fact]
    public async Task A_guard_that_throws_counts_as_no_and_harms_nobody()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence("*", room => room.GuardBy(_ => throw new InvalidOperationException("secret"))));
        await using var client = await server.OpenAsync();
        (await client.SubscribeAsync("r")).ShouldBe("""{"success":false,"present":[]}""");
        var entered = await client.EnterAsync("r");
        entered.GetProperty("error").GetProperty("code").ShouldBe("\"EFORBIDDEN\"");
        entered.GetRawText().ShouldNotContain("secret");
        server.Errors.All.Count.ShouldBe(2);
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_member_without_a_sign_of_life_for_the_TTL_leaves_while_its_connection_stays()
    {
        await using var server = await TestServer.StartAsync(
            fakeTime: true, trackAll: false, options: it => it.PingInterval = TimeSpan.FromHours(1), mesh: it => it.TrackPresence("*", room => room.Ttl = Ttl));
        await using var client = await server.ConnectAsync();
        // Nor does it answer pings, whose answers may come at any time.
        client.Answers = false;
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        await UntilSeenAsync();
        server.Time.Advance(Ttl - TimeSpan.FromSeconds(1));
        await client.ShouldHaveEventsAsync(Joined("r", client.Id));
        await UntilSeenAsync();
        server.Time.Advance(Ttl - TimeSpan.FromMilliseconds(1));
        client.Events.Count.ShouldBe(1);
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        await client.UntilAsync(() => client.Events.Count == 2);
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), Left("r", client.Id));
        (await client.PublishPlainAsync("r", "1")).ShouldBe("false");
        await client.JoinAsync("r");
        server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe(1);

        // The answer may be here before the server has noted the time of what it answers.
        Task UntilSeenAsync() => Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport is { IsHeldUp: false });
    }

    [Fact]
    public async Task A_pong_renews_the_TTL()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, trackAll: false, mesh: it => it.TrackPresence("*", room => room.Ttl = TimeSpan.FromSeconds(12)));
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        for (var round = 0; round < 10; round++)
        {
            var pings = client.Frames.Count(it => it.Command == "ping");
            server.Time.Advance(TimeSpan.FromSeconds(10));
            await client.UntilAsync(() => client.Frames.Count(it => it.Command == "ping") > pings);
            await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.SilentFor == TimeSpan.Zero);
        }
        (await client.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_TTL_counts_from_the_last_sign_of_life_also_after_a_drop()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, trackAll: false, mesh: it => it.TrackPresence("*", room => room.Ttl = Ttl));
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r");
        for (var second = 0; second < 29; second += 10)
        {
            server.Time.Advance(TimeSpan.FromSeconds(9.6));
            await Task.WhenAll(client.FenceAsync(), observer.FenceAsync());
        }
        client.Drop();
        await server.UntilDroppedAsync(client.Id);
        // The lease of the join runs out within the grace, but not that of what was heard since.
        server.Time.Advance(TimeSpan.FromSeconds(2));
        var (back, _) = await server.OpenWithTokenAsync(token);
        back.Id.ShouldBe(client.Id);
        await back.EnterAsync("r");
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id));
        await client.DisposeAsync();
        await back.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(25 * 24 * 3600)]
    public async Task A_TTL_that_makes_no_sense_is_refused_at_once(int seconds) =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => TestServer.StartAsync(mesh: it => it.TrackPresence("r", room => room.Ttl = TimeSpan.FromSeconds(seconds))));

    private sealed class Doorman
    {
        private readonly string _pass = "\"member\"";

        public bool Admits(string room, MeshConnection connection) => room.Length > 0 && connection.Metadata.ToString() == _pass;
    }
}
