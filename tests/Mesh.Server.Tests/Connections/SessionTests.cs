using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §8: opening and resuming sessions, tokens, grace and claims.</summary>
public sealed class SessionTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5), ReloadGrace = TimeSpan.FromSeconds(2), Instant = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task The_answer_has_just_the_keys_of_the_protocol()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var session = await client.RequestAsync("mesh/session");
        session.ShouldBe(
            $$$"""{"connectionId":"{{{client.Id}}}","resumed":false,"token":"<text>","grace":5000,"reloadGrace":2000,"pingInterval":10000,"limits":{"message":65536,"state":16384}}""");
        session.Token().Length.ShouldBeGreaterThan(40);
    }

    [Fact]
    public async Task It_comes_first_and_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.OpenSessionAsync();
        (await client.ErrorOfAsync("mesh/session")).ShouldBe("EINVALID");

        await using var member = await server.ConnectAsync();
        await member.JoinAsync("r");
        (await member.ErrorOfAsync("mesh/session")).ShouldBe("EINVALID");
        await using var subscriber = await server.ConnectAsync();
        await subscriber.SubscribeAsync("r");
        (await subscriber.ErrorOfAsync("mesh/session")).ShouldBe("EINVALID");
        await using var after = await server.ConnectAsync();
        await after.FenceAsync();
        (await after.ErrorOfAsync("mesh/session")).ShouldBe("EINVALID");
    }

    [Fact]
    public async Task One_that_is_opened_for_a_connection_that_has_ended_leaves_nothing_behind()
    {
        TaskCompletionSource waits = new(), mayGoOn = new(), done = new();
        await using var server = await TestServer.StartAsync(mesh: it => it.Use(async (context, next) =>
        {
            if (context.Command != "mesh/session") return await next(context);
            waits.SetResult();
            await mayGoOn.Task;
            var answer = await next(context);
            done.SetResult();
            return answer;
        }));
        await using var client = await server.ConnectAsync();
        await client.SendAsync("mesh/session");
        await waits.Task.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        client.Drop();
        await server.UntilGoneAsync(client.Id);
        mayGoOn.SetResult();
        await done.Task.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Kept.Tokens(server).ShouldBe(0);
    }

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    [InlineData(0, false)]
    public async Task A_client_key_has_16_to_256_characters(int length, bool valid)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.ErrorOfAsync("mesh/session", $$"""{"clientKey":"{{new string('k', length)}}"}""")).ShouldBe(valid ? null : "EINVALID");
        if (!valid) (await client.OpenSessionAsync()).GetProperty("resumed").ShouldBe("false");
    }

    [Theory]
    [InlineData("""{"resume":7}""")]
    [InlineData("""{"clientKey":{}}""")]
    [InlineData("""{"resume":"a","resume":"b"}""")]
    [InlineData("[]")]
    public async Task A_malformed_payload_is_refused(string payload)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.ErrorOfAsync("mesh/session", payload)).ShouldBe("EINVALID");
    }

    [Theory]
    [InlineData("\"unknown\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    public async Task An_unknown_token_is_no_error(string token)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var session = await client.RequestAsync("mesh/session", $$"""{"resume":{{token}}}""");
        session.GetProperty("resumed").ShouldBe("false");
        session.GetProperty("connectionId").GetString().ShouldBe(client.Id);
    }

    [Fact]
    public async Task A_dropped_connection_comes_back_as_itself_unnoticed()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r", ",\"publish\":{\"state\":1}");
        await client.DisposeAsync();
        await server.UntilDroppedAsync(client.Id);
        server.Time.Advance(Grace - Instant);

        await using var back = await server.ConnectAsync();
        var assigned = back.Id;
        var session = await back.OpenSessionAsync(token);
        session.GetProperty("resumed").ShouldBe("true");
        back.Id.ShouldBe(client.Id);
        session.Token().ShouldNotBe(token);
        server.Mesh.FindConnection(assigned).ShouldBeNull();
        (await back.EnterAsync("r")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
        server.Time.Advance(TimeSpan.FromSeconds(9));

        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"));
        (await back.PublishAsync("r", "2")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData(0, 5000)]
    [InlineData(1001, 2000)]
    public async Task The_members_stay_for_the_grace_and_then_leave(int closeCode, int milliseconds)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r");
        if (closeCode == 0) client.Drop();
        else await client.CloseAsync(closeCode);
        await server.UntilDroppedAsync(client.Id);

        server.Time.Advance(TimeSpan.FromMilliseconds(milliseconds) - Instant);
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id));
        server.Time.Advance(Instant);
        await observer.UntilAsync(() => observer.Events.Count == 2);
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), Left("r", client.Id));

        await using var late = await server.ConnectAsync();
        (await late.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("false");
        await client.DisposeAsync();
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3000)]
    [InlineData(4100)]
    [InlineData(1011)]
    public async Task After_any_other_close_frame_they_leave_at_once(int closeCode)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r");
        await client.CloseAsync(closeCode);
        await observer.UntilAsync(() => observer.Events.Count == 2);
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), Left("r", client.Id));
        await using var back = await server.ConnectAsync();
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("false");
        await client.DisposeAsync();
    }

    [Theory]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1009)]
    [InlineData(4000)]
    public async Task When_the_server_ended_it_they_stay_for_the_grace(int closeCode)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r");
        if (closeCode == 1003) await client.SendBytesAsync(new byte[1], System.Net.WebSockets.WebSocketMessageType.Binary);
        if (closeCode == 1007) await client.SendTextAsync("x");
        if (closeCode == 1009) await client.SendTextAsync(new string(' ', 70_000));
        client.Answers = false;
        if (closeCode == 4000) server.Time.Advance(TimeSpan.FromSeconds(20));
        (await client.Closed).ShouldBe(closeCode);
        await server.UntilDroppedAsync(client.Id);

        await using var back = await server.ConnectAsync();
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("true");
        (await back.StatesAsync("r")).GetProperty("present")[0].GetString().ShouldBe(client.Id);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task The_old_token_stays_valid_until_the_first_command_after_the_response()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var (first, token0) = await server.OpenWithTokenAsync();
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        var (second, token1) = await server.OpenWithTokenAsync(token0);
        second.Id.ShouldBe(first.Id);
        // The response to the second may have been lost, and a pong proves nothing.
        await second.SendAsync("pong");
        second.Drop();
        await server.UntilDroppedAsync(first.Id);

        var (third, token2) = await server.OpenWithTokenAsync(token0);
        third.Id.ShouldBe(first.Id);
        await third.FenceAsync();
        third.Drop();
        await server.UntilDroppedAsync(first.Id);

        foreach (var used in new[] { token0, token1 })
        {
            var (stranger, _) = await server.OpenWithTokenAsync(used);
            stranger.Id.ShouldNotBe(first.Id);
            await stranger.DisposeAsync();
        }
        var (fourth, _) = await server.OpenWithTokenAsync(token2);
        fourth.Id.ShouldBe(first.Id);
        foreach (var client in new[] { first, second, third, fourth }) await client.DisposeAsync();
    }

    [Fact]
    public async Task A_half_open_predecessor_is_closed_with_4002_and_is_told_nothing_more()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (predecessor, token) = await server.OpenWithTokenAsync();
        await predecessor.EnterAsync("r", ",\"publish\":{\"state\":1}");

        var (successor, _) = await server.OpenWithTokenAsync(token);
        successor.Id.ShouldBe(predecessor.Id);
        (await predecessor.Closed).ShouldBe(CloseCodes.Resumed);
        await successor.EnterAsync("r");
        await successor.PublishAsync("r", "2");
        server.Time.Advance(Grace * 2 - Instant);
        await observer.ShouldHaveEventsAsync(Joined("r", successor.Id), State("r", successor.Id, "1"), State("r", successor.Id, "2"));
        predecessor.Events.Where(it => it.Command == "mesh/presence-diff").Count().ShouldBeLessThan(2);
        await predecessor.DisposeAsync();
        await successor.DisposeAsync();
    }

    [Fact]
    public async Task Two_who_resume_at_once_end_as_one()
    {
        await using var server = await TestServer.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var (first, token) = await server.OpenWithTokenAsync();
            await first.EnterAsync("r");
            first.Drop();
            var both = await server.ConnectAsync(2);
            foreach (var client in both) await client.SendAsync("mesh/session", $$"""{"resume":{{Json.Quote(token)}}}""");
            await Wait.UntilAsync(() => both.Count(it => it.IsClosed) == 1);
            (await both.Single(it => it.IsClosed).Closed).ShouldBe(CloseCodes.Resumed);
            var winner = both.Single(it => !it.IsClosed);
            (await winner.ResponseAsync("1")).Payload.GetProperty("connectionId").GetString().ShouldBe(first.Id);
            await winner.EnterAsync("r");
            (await winner.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
            await winner.CloseAsync();
            await server.UntilGoneAsync(first.Id);
            await server.UntilEmptyAsync("r");
            foreach (var client in both) await client.DisposeAsync();
            await first.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_resume_that_meets_the_drop_it_mends_still_has_to_claim()
    {
        await using var server = await TestServer.StartAsync(options: it => it.Grace = TimeSpan.FromMilliseconds(100));
        for (var round = 0; round < 50; round++)
        {
            var (first, token) = await server.OpenWithTokenAsync();
            await first.EnterAsync("r");
            await using var back = await server.ConnectAsync();
            first.Drop();
            if (!(await back.OpenSessionAsync(token)).GetProperty("resumed").GetBoolean()) continue;
            await server.UntilEmptyAsync("r");
            server.Mesh.FindConnection(first.Id)!.IsOpen.ShouldBeTrue();
            await first.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_is_not_claimed_within_the_grace_after_a_resume_leaves()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        var (first, token) = await server.OpenWithTokenAsync();
        foreach (var room in new[] { "entered", "joined", "forgotten" })
        {
            await first.EnterAsync(room);
            await observer.SubscribeAsync(room);
        }
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        var (back, _) = await server.OpenWithTokenAsync(token);
        await back.EnterAsync("entered");
        await back.JoinAsync("joined");
        server.Time.Advance(Grace - Instant);
        await observer.ShouldHaveEventsAsync();
        server.Time.Advance(Instant);
        await observer.UntilAsync(() => observer.Events.Count == 1);
        await observer.ShouldHaveEventsAsync(Left("forgotten", back.Id));
        server.Time.Advance(TimeSpan.FromSeconds(4));
        await observer.ShouldHaveEventsAsync(Left("forgotten", back.Id));
        await first.DisposeAsync();
        await back.DisposeAsync();
    }

    [Fact]
    public async Task A_second_drop_before_anything_was_claimed_has_the_whole_grace_again()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (first, token) = await server.OpenWithTokenAsync();
        await first.EnterAsync("r");
        var clients = new List<PlainClient> { first };
        for (var round = 0; round < 4; round++)
        {
            clients[^1].Drop();
            await server.UntilDroppedAsync(first.Id);
            server.Time.Advance(TimeSpan.FromSeconds(4));
            var (back, _) = await server.OpenWithTokenAsync(token);
            back.Id.ShouldBe(first.Id);
            clients.Add(back);
        }
        await clients[^1].EnterAsync("r");
        await observer.ShouldHaveEventsAsync(Joined("r", first.Id));
        foreach (var client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task Subscriptions_end_with_the_WebSocket()
    {
        await using var server = await TestServer.StartAsync(options: it => it.FlushInterval = TimeSpan.Zero);
        await using var other = await server.ConnectAsync();
        var (first, token) = await server.OpenWithTokenAsync();
        await first.EnterAsync("r");
        await first.SubscribeAsync("s");
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        var (back, _) = await server.OpenWithTokenAsync(token);
        await other.JoinAsync("r");
        await other.JoinAsync("s");
        await back.FenceAsync();
        back.Events.ShouldBeEmpty();
        (await back.EnterAsync("r")).GetProperty("snapshot").GetProperty("members").GetArrayLength().ShouldBe(2);
        await first.DisposeAsync();
        await back.DisposeAsync();
    }

    [Fact]
    public async Task Broadcasts_reach_a_resumed_member_over_its_new_WebSocket()
    {
        await using var server = await TestServer.StartAsync();
        var (first, token) = await server.OpenWithTokenAsync();
        await first.EnterAsync("r");
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        var (back, _) = await server.OpenWithTokenAsync(token);
        await server.Mesh.Room("r").BroadcastAsync("room", 1, cancellationToken: TestContext.Current.CancellationToken);
        await server.Mesh.BroadcastAsync("all", 2, cancellationToken: TestContext.Current.CancellationToken);
        await back.ShouldHaveEventsAsync("""{"command":"room","payload":1}""", """{"command":"all","payload":2}""");
        await first.DisposeAsync();
        await back.DisposeAsync();
    }

    [Fact]
    public async Task Closing_a_connection_within_its_grace_ends_it_at_once()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var (client, token) = await server.OpenWithTokenAsync();
        await client.EnterAsync("r");
        client.Drop();
        await server.UntilDroppedAsync(client.Id);
        server.Mesh.FindConnection(client.Id)!.Close();
        await observer.UntilAsync(() => observer.Events.Count == 2);
        var (stranger, _) = await server.OpenWithTokenAsync(token);
        stranger.Id.ShouldNotBe(client.Id);
        await client.DisposeAsync();
        await stranger.DisposeAsync();
    }

    [Fact]
    public async Task The_grace_is_as_configured_and_zero_is_none()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.Grace, it.ReloadGrace) = (TimeSpan.Zero, TimeSpan.FromSeconds(60)));
        await using var dropped = await server.OpenAsync();
        dropped.Drop();
        await server.UntilGoneAsync(dropped.Id);
        await using var reloaded = await server.OpenAsync();
        await reloaded.CloseAsync(1001);
        await server.UntilDroppedAsync(reloaded.Id);
        server.Time.Advance(TimeSpan.FromSeconds(59));
        server.Mesh.FindConnection(reloaded.Id).ShouldNotBeNull();
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await server.UntilGoneAsync(reloaded.Id);
    }

    [Fact]
    public async Task Commands_that_were_sent_before_a_drop_do_not_disturb_the_resume()
    {
        await using var server = await TestServer.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var (first, token) = await server.OpenWithTokenAsync();
            for (var at = 0; at < 20; at++) await first.SendAsync("mesh/enter", """{"rooms":[{"roomName":"r","publish":{"state":1}}]}""");
            first.Drop();
            var (back, _) = await server.OpenWithTokenAsync(token);
            back.Id.ShouldBe(first.Id);
            await back.EnterAsync("r");
            (await back.StatesAsync("r")).GetProperty("present").EnumerateArray().Count(it => it.GetString() == back.Id).ShouldBe(1);
            await back.CloseAsync();
            await server.UntilGoneAsync(back.Id);
            await first.DisposeAsync();
            await back.DisposeAsync();
        }
        await server.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task A_resume_that_comes_through_after_its_WebSocket_ended_attaches_nothing()
    {
        var resuming = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var isGated = false;
        await using var server = await TestServer.StartAsync(fakeTime: true, mesh: it => it.Use(async (context, next) =>
        {
            if (isGated && context.Command == "mesh/session")
            {
                resuming.SetResult();
                await gate.Task;
            }
            return await next(context);
        }));
        var (dropped, token) = await server.OpenWithTokenAsync();
        await dropped.EnterAsync("r");
        dropped.Drop();
        await server.UntilDroppedAsync(dropped.Id);

        isGated = true;
        var late = await server.ConnectAsync();
        await late.SendAsync("mesh/session", $$"""{"resume":{{Json.Quote(token)}}}""");
        await resuming.Task.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        late.Drop();
        await server.UntilGoneAsync(late.Id);
        gate.SetResult();

        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(100), () => server.Mesh.FindConnection(dropped.Id) is null);
        await server.UntilEmptyAsync("r");
    }
}
