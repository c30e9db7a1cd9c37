namespace Mesh.Client.Tests;

/// <summary>An authentication that ends is renewed before, and nobody notices (protocol §8).</summary>
public sealed class RenewalTests : Scenario
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TestUsers _users = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private int _token;

    [Theory]
    [InlineData(3600, 60)]
    [InlineData(100, 20)]
    public async Task By_a_token_in_time_and_again(int lasts, int ahead)
    {
        _users.Lasts = TimeSpan.FromSeconds(lasts);
        var (client, recorder) = await SignInAsync(it => it.AccessTokenProvider = NextToken);
        for (var round = 1; round <= 3; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(lasts - ahead - 1));
            // Were it due, the token would be asked for before this is answered.
            await client.CommandAsync<string>("echo", "x").InTimeAsync();
            _token.ShouldBe(round);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Wait.UntilAsync(() => _users.Seen.Count == round + 1);
            // Answered after it, so that the next one is set.
            await client.CommandAsync<string>("echo", "x").InTimeAsync();
        }
        _users.Seen.ShouldBe(["alice.1", "alice.2", "alice.3", "alice.4"]);
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
        Server.Mesh.Connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_token_by_a_second_WebSocket_and_nobody_notices()
    {
        _users.Lasts = Hour;
        var (client, recorder) = await SignInAsync(it => it.Headers[TestUsers.Header] = "alice");
        var alice = View(client);
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync());
        await bob.SayAsync("bob", "here");
        await alice.ShowsAsync("alice: here (1)", "bob: here (1)");
        var observer = Own(await PlainObserver.WatchAsync(Server.Url, "general"));
        var id = client.ConnectionId;
        for (var round = 1; round <= 3; round++)
        {
            _time.Advance(TimeSpan.FromMinutes(59));
            await Wait.UntilAsync(() => Logs.Renewals == round);
            await bob.SayAsync("bob", $"busy {round}");
            await alice.ShowsAsync("alice: here (1)", $"bob: busy {round} (1)");
            await alice.SayAsync("alice", "here");
        }
        _users.Seen.ShouldBe(["alice", "alice", "alice", "alice"]);
        client.ConnectionId.ShouldBe(id);
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
        alice.Freshness.ShouldBe([true]);
        observer.Updates.ShouldAllBe(update => update.StartsWith("state", StringComparison.Ordinal));
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 3);
    }

    [Fact]
    public async Task By_a_second_WebSocket_where_the_server_takes_no_tokens()
    {
        _users.TakesTokens = false;
        var (client, recorder) = await SignInAsync(it =>
        {
            it.Headers[TestUsers.Header] = "alice";
            it.AccessTokenProvider = NextToken;
        });
        // The header is not in what the server looks at for a command.
        await client.RenewAsync().InTimeAsync();
        Logs.Renewals.ShouldBe(1);
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
    }

    [Fact]
    public async Task When_the_application_asks_for_it_and_it_is_told_why_not()
    {
        _users.Invalid = "alice.2";
        var (client, recorder) = await SignInAsync(it => it.AccessTokenProvider = NextToken);
        (await Should.ThrowAsync<MeshException>(client.RenewAsync().InTimeAsync())).Code.ShouldBe(ErrorCodes.Forbidden);
        await client.RenewAsync().InTimeAsync();
        _users.Seen.ShouldBe(["alice.1", "alice.2", "alice.3"]);
        recorder.Faults.ShouldBe(0);
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
        await client.CloseAsync().InTimeAsync();
        (await Should.ThrowAsync<MeshException>(client.RenewAsync().InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
    }

    [Fact]
    public async Task A_provider_that_fails_is_the_reason()
    {
        var (client, recorder) = await SignInAsync(it => it.AccessTokenProvider = cancelled => _token == 1 ? throw new InvalidOperationException("Signed out.") : NextToken(cancelled));
        (await Should.ThrowAsync<MeshException>(client.RenewAsync().InTimeAsync())).Message.ShouldContain("Signed out.");
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
    }

    [Fact]
    public async Task A_second_WebSocket_of_another_user_is_discarded_and_the_first_stays()
    {
        var users = new Queue<string>(["alice", "bob", "alice"]);
        var (client, recorder) = await SignInAsync(it => it.ConfigureWebSocket = request => request.SetRequestHeader(TestUsers.Header, users.Dequeue()));
        var id = client.ConnectionId;
        (await Should.ThrowAsync<MeshException>(client.RenewAsync().InTimeAsync())).Code.ShouldBe(ErrorCodes.Forbidden);
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 1);
        await client.RenewAsync().InTimeAsync();
        (client.ConnectionId, client.UserId).ShouldBe((id, "alice"));
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
    }

    [Fact]
    public async Task What_failed_is_tried_again_after_a_tenth_of_what_is_left()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, recorder, first) = await OpenAsync(server, authenticatedFor: 300_000);
        _time.Advance(TimeSpan.FromSeconds(240));
        (await server.AcceptAsync("one")).Drop();
        await Wait.UntilAsync(() => recorder.Faults == 1);
        _time.Advance(TimeSpan.FromSeconds(6));
        await (await server.AcceptAsync("one")).OpenAsync(resumed: false, "none");
        await Wait.UntilAsync(() => recorder.Faults == 2);
        _time.Advance(TimeSpan.FromSeconds(49));
        var third = await server.AcceptAsync("one");
        third.Drop();
        await Wait.UntilAsync(() => recorder.Faults == 3);
        _time.Advance(TimeSpan.FromSeconds(1));
        await (await server.AcceptAsync("one")).OpenAsync(resumed: true, "two");
        await Wait.UntilAsync(() => Logs.Renewals == 1);
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
        first.Drop();
        await client.CloseAsync().InTimeAsync();
    }

    [Fact]
    public async Task A_second_WebSocket_that_does_not_answer_is_dropped_without_a_word()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, recorder, first) = await OpenAsync(server);
        var renewing = client.RenewAsync();
        var second = await server.AcceptAsync("one");
        _time.Advance(TimeSpan.FromSeconds(5));
        await Should.ThrowAsync<MeshException>(renewing.InTimeAsync());
        (await second.Ended).ShouldBeNull();
        await AnswersAsync(client, first);
        // It had the session after all: the client comes back to it.
        await first.CloseAsync(CloseCodes.Resumed);
        await (await BackAsync(server, "one")).OpenAsync(resumed: true, "two");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Reconnecting", "disconnected 4002", "Online", "reconnected");
    }

    [Fact]
    public async Task That_the_first_is_closed_before_the_second_is_answered_is_no_end()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, recorder, first) = await OpenAsync(server);
        var renewing = client.RenewAsync();
        var second = await server.AcceptAsync("one");
        await first.CloseAsync(CloseCodes.Resumed);
        await first.Ended;
        // What is asked for now waits.
        var asking = client.CommandAsync<string>("echo", "hello");
        await second.OpenAsync(resumed: true, "two");
        await renewing.InTimeAsync();
        await second.ReceiveAsync("echo");
        await second.AnswerAsync("\"hello\"");
        (await asking.InTimeAsync()).ShouldBe("hello");
        recorder.Events.ShouldBe(["Connecting", "Online", "connected"]);
        second.Drop();
        await BackAsync(server, "two");
    }

    [Theory]
    [InlineData(true, "one")]
    [InlineData(false, null)]
    public async Task Only_if_the_second_fails_then_the_client_connects_again(bool dropped, string? resume)
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, recorder, first) = await OpenAsync(server);
        var renewing = client.RenewAsync();
        var second = await server.AcceptAsync("one");
        await first.CloseAsync(CloseCodes.Resumed);
        await first.Ended;
        client.Status.ShouldBe(MeshClientStatus.Online);
        if (dropped) second.Drop();
        else await second.OpenAsync(resumed: false, "none");
        await Should.ThrowAsync<MeshException>(renewing.InTimeAsync());
        await (await BackAsync(server, resume)).OpenAsync(resumed: resume is not null, "two");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Reconnecting", "disconnected 4002", "Online", "reconnected");
    }

    [Fact]
    public async Task If_the_first_drops_the_client_comes_back_and_the_second_is_discarded()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, recorder, first) = await OpenAsync(server);
        var renewing = client.RenewAsync();
        var second = await server.AcceptAsync("one");
        first.Drop();
        (await Should.ThrowAsync<MeshException>(renewing.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        (await second.Ended).ShouldBeNull();
        await (await BackAsync(server, "one")).OpenAsync(resumed: true, "two");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Reconnecting", "disconnected 1006", "Online", "reconnected");
    }

    [Fact]
    public async Task To_close_ends_both()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, _, first) = await OpenAsync(server);
        var renewing = client.RenewAsync();
        var second = await server.AcceptAsync("one");
        var closing = client.CloseAsync();
        (await first.Ended, await second.Ended).ShouldBe((CloseCodes.Normal, CloseCodes.Normal));
        await Wait.UntilAsync(_time, TimeSpan.FromSeconds(1), () => closing.IsCompleted);
        (await Should.ThrowAsync<MeshException>(renewing.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
    }

    [Fact]
    public async Task What_the_first_is_asked_when_it_has_a_second_is_still_answered()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, _, first) = await OpenAsync(server);
        var asking = client.CommandAsync<string>("echo", "hello");
        await first.ReceiveAsync("echo");
        var renewing = client.RenewAsync();
        await (await server.AcceptAsync("one")).OpenAsync(resumed: true, "two");
        await renewing.InTimeAsync();
        await first.AnswerAsync("\"hello\"");
        (await asking.InTimeAsync()).ShouldBe("hello");
    }

    [Fact]
    public async Task Who_cancels_waits_no_longer()
    {
        await using var server = await ScriptedSession.StartAsync();
        var (client, _, _) = await OpenAsync(server);
        using var cancel = new CancellationTokenSource();
        var cancelled = client.RenewAsync(cancel.Token);
        var patient = client.RenewAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled.InTimeAsync());
        await (await server.AcceptAsync("one")).OpenAsync(resumed: true, "two");
        await patient.InTimeAsync();
    }

    [Fact]
    public async Task After_a_revocation_it_does_not_come_back_until_the_application_connects()
    {
        var (client, recorder) = await SignInAsync(it => it.AccessTokenProvider = NextToken);
        await Server.Mesh.RevokeAsync("alice");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Offline", "disconnected 4101");
        await client.ConnectAsync().InTimeAsync();
        client.UserId.ShouldBe("alice");
        client.Status.ShouldBe(MeshClientStatus.Online);
    }

    private ValueTask<string?> NextToken(CancellationToken cancellationToken) => new($"alice.{++_token}");

    private async Task<(MeshClient Client, Recorder Recorder)> SignInAsync(Action<MeshClientOptions> options)
    {
        await StartAsync(it => it.PingInterval = Hour, users: _users);
        return await RecordAsync(Server.Url, options);
    }

    private async Task<(MeshClient Client, Recorder Recorder)> RecordAsync(string url, Action<MeshClientOptions>? options = null)
    {
        var client = NewClient(url, options: it =>
        {
            it.TimeProvider = _time;
            options?.Invoke(it);
        });
        var recorder = new Recorder(client);
        await client.ConnectAsync().InTimeAsync();
        await recorder.UntilAsync("Connecting", "Online", "connected");
        return (client, recorder);
    }

    private async Task<(MeshClient Client, Recorder Recorder, ScriptedSession.Connection First)> OpenAsync(ScriptedSession server, long? authenticatedFor = null)
    {
        var recording = RecordAsync(server.Url);
        var first = await server.AcceptAsync(resume: null);
        await first.OpenAsync(resumed: false, "one", authenticatedFor);
        var (client, recorder) = await recording;
        return (client, recorder, first);
    }

    // The client waits a while before it comes back.
    private async Task<ScriptedSession.Connection> BackAsync(ScriptedSession server, string? resume)
    {
        var coming = server.AcceptAsync(resume);
        await Wait.UntilAsync(_time, TimeSpan.FromMilliseconds(10), () => coming.IsCompleted);
        return await coming;
    }

    private static async Task AnswersAsync(MeshClient client, ScriptedSession.Connection connection)
    {
        var asking = client.CommandAsync<string>("echo", "hello");
        await connection.ReceiveAsync("echo");
        await connection.AnswerAsync("\"hello\"");
        (await asking.InTimeAsync()).ShouldBe("hello");
    }
}
