namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §5: pings, latency, and connections that are dead.</summary>
public sealed class LivenessTests
{
    [Fact]
    public async Task Frames_of_liveness_have_just_the_keys_of_the_protocol()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        client.Frames[0].Root.ShouldBe($$"""{"command":"mesh/assign-id","payload":"{{client.Id}}"}""");
        client.Id.ShouldStartWith("conn-");

        await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(1), () => client.Frames.Any(it => it.Command == "latency:request"));
        client.Frames.First(it => it.Command == "ping").Root.ShouldBe("""{"command":"ping","payload":{}}""");
        client.Frames.First(it => it.Command == "latency").Root.ShouldBe("""{"command":"latency","payload":0}""");
        client.Frames.First(it => it.Command == "latency:request").Root.ShouldBe("""{"command":"latency:request","payload":{}}""");
        var commands = client.Frames.Select(it => it.Command).ToList();
        commands.IndexOf("latency:request").ShouldBe(commands.IndexOf("latency") + 1);
    }

    [Fact]
    public async Task Ids_are_unique_and_rise_with_time()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var ids = new List<string>();
        for (var at = 0; at < 20; at++)
        {
            await using var client = await server.ConnectAsync();
            ids.Add(client.Id);
            server.Time.Advance(TimeSpan.FromMilliseconds(1));
        }
        ids.ShouldBeUnique(StringComparer.Ordinal);
        ids.SequenceEqual(ids.Order(StringComparer.Ordinal), StringComparer.Ordinal).ShouldBeTrue();
    }

    [Fact]
    public async Task The_latency_told_is_the_time_the_answer_took()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => it.PingInterval = TimeSpan.FromHours(1));
        await using var client = await server.ConnectAsync();
        client.Answers = false;
        server.Time.Advance(TimeSpan.FromSeconds(30));
        await client.WaitForAsync(it => it.Command == "latency:request");
        server.Time.Advance(TimeSpan.FromMilliseconds(28));
        await client.SendAsync("latency:response");
        await client.FenceAsync();
        server.Time.Advance(TimeSpan.FromSeconds(30));
        await client.UntilAsync(() => client.Frames.Count(it => it.Command == "latency") == 2);
        client.Frames.Last(it => it.Command == "latency").Payload.GetInt32().ShouldBe(28);
    }

    [Fact]
    public async Task Commands_sent_before_the_id_arrives_are_processed()
    {
        await using var server = await TestServer.StartAsync();
        await using var early = await RawConnection.UpgradeAsync(server.Http, """{"id":1,"command":"mesh/noop","payload":{}}""");
        await early.UntilAsync(text => text.Contains("mesh/assign-id", StringComparison.Ordinal) && text.Contains("""{"id":1,"command":"mesh/noop","payload":true}""", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Fault", "9")]
    public async Task Healthy_idle_clients_are_pinged_each_interval_and_never_closed()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var clients = await server.ConnectAsync(5);
        for (var second = 0; second < 600; second += 10)
        {
            var pings = clients.Select(it => it.Frames.Count(frame => frame.Command == "ping")).ToArray();
            server.Time.Advance(TimeSpan.FromSeconds(10));
            for (var at = 0; at < clients.Length; at++)
            {
                var (client, before) = (clients[at], pings[at]);
                await client.UntilAsync(() => client.Frames.Count(frame => frame.Command == "ping") > before);
                // The pong has arrived: nothing else is a sign of life here.
                await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport!.SilentFor == TimeSpan.Zero);
            }
        }
        foreach (var client in clients)
        {
            client.IsClosed.ShouldBeFalse();
            client.Frames.Count(it => it.Command == "ping").ShouldBeInRange(60, 62);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_connection_silent_for_two_ping_intervals_is_closed_with_4000_just_before_they_are_over()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        client.Answers = false;
        server.Time.Advance(TimeSpan.FromSeconds(19.8));
        server.Mesh.FindConnection(client.Id)!.IsOpen.ShouldBeTrue();
        server.Time.Advance(TimeSpan.FromSeconds(0.1));
        (await client.Closed).ShouldBe(CloseCodes.Silent);
        await server.UntilGoneAsync(client.Id);
    }

    [Theory]
    [InlineData("pong")]
    [InlineData("mesh/noop")]
    [InlineData("nonsense")]
    public async Task Anything_received_is_a_sign_of_life(string command)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        client.Answers = false;
        for (var round = 0; round < 5; round++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(19));
            await client.SendAsync(command);
            await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport!.SilentFor == TimeSpan.Zero);
        }
        client.IsClosed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_connection_that_does_not_even_answer_the_close_is_gone_after_the_close_timeout()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var mute = await RawConnection.UpgradeAsync(server.Http);
        await mute.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
        server.Time.Advance(TimeSpan.FromSeconds(20));
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 0);
        await mute.UntilAsync(it => it.Contains("no sign of life", StringComparison.Ordinal));
        var end = mute.UntilEndAsync();
        (end.IsCompleted ? await end : "").ShouldBe("");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await end;
    }

    [Fact]
    public async Task A_slow_handler_is_no_silence_of_the_client()
    {
        var release = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(fakeTime: true, mesh: it => it.AddCommand<RawJson, bool>("slow", async (_, _) =>
        {
            await release.Task;
            return true;
        }));
        await using var client = await server.ConnectAsync();
        var id = await client.SendAsync("slow");
        for (var at = 0; at < 50; at++) await client.SendAsync("mesh/noop");
        await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport!.IsHeldUp);
        for (var at = 0; at < 6; at++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(10));
            await client.UntilAsync(() => client.Frames.Count(it => it.Command == "ping") > at);
        }
        release.SetResult();
        (await client.ResponseAsync(id)).Payload.ShouldBe("true");
    }
}
