using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §12: each limit is answered as told, stores nothing, and harms nobody else.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task A_message_of_64_KB_is_taken_and_one_byte_more_closes_with_1009()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        const string start = """{"id":1,"command":"echo","payload":" """;
        var fits = start + new string('x', 65_536 - start.Length - 2) + "\"}";
        Encoding.UTF8.GetByteCount(fits).ShouldBe(65_536);

        await client.SendTextAsync(fits);
        (await client.ResponseAsync("1")).Text.Length.ShouldBe(65_536);
        await client.SendTextAsync(fits + " ");
        (await client.Closed).ShouldBe(CloseCodes.TooBig);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task A_message_without_end_is_not_collected_for_ever()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        var part = new byte[16 * 1024];
        Array.Fill(part, (byte)' ');
        for (var at = 0; at < 5; at++) await client.SendBytesAsync(part, endOfMessage: false);
        (await client.Closed).ShouldBe(CloseCodes.TooBig);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("padding")]
    public async Task Of_large_messages_one_at_a_time_is_kept_whatever_makes_them_large(string member)
    {
        var (started, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await TestServer.StartAsync(mesh: it => it.AddCommand<RawJson, bool>("wait", async (_, _) =>
        {
            started.TrySetResult();
            await go.Task;
            return true;
        }));
        await using var client = await server.ConnectAsync();
        var transport = server.Mesh.FindConnection(client.Id)!.Transport!;
        await using var bystander = await Bystander.ArriveAsync(server);
        await SendAsync(1);
        await started.Task;
        await Wait.UntilAsync(() => !transport.IsHeldUp);
        await SendAsync(2);
        await Wait.UntilAsync(() => transport.IsHeldUp);
        await bystander.ShouldHaveNoticedNothingAsync();
        transport.IsHeldUp.ShouldBeTrue();
        go.SetResult();
        for (var id = 1; id <= 2; id++) (await client.ResponseAsync($"{id}")).Payload.GetBoolean().ShouldBeTrue();

        Task SendAsync(int id) => client.SendTextAsync($$"""{"id":{{id}},"command":"wait","{{member}}":"{{new string('x', 5_000)}}"}""");
    }

    [Fact]
    public async Task A_binary_message_closes_with_1003_whatever_is_in_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        await using var client = await server.ConnectAsync();
        await client.SendBytesAsync("""{"id":1,"command":"mesh/join-room","payload":{"roomName":"r"}}"""u8.ToArray(), WebSocketMessageType.Binary);
        (await client.Closed).ShouldBe(CloseCodes.Binary);
        (await bystander.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_state_of_16_KB_is_taken_and_one_byte_more_is_ETOOLARGE()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        var fits = Json.Quote(new string('x', 16_382));
        var over = Json.Quote(new string('x', 16_383));

        (await client.PublishPlainAsync("r", fits)).ShouldBe("true");
        (await client.PublishAsync("r", fits)).GetProperty("stamp").GetArrayLength().ShouldBe(2);
        (await client.PublishPlainAsync("r", over)).GetProperty("code").ShouldBe("\"ETOOLARGE\"");
        (await client.PublishAsync("r", over)).GetProperty("code").ShouldBe("\"ETOOLARGE\"");
        (await client.RestoreAsync("r", over, "[1,1]")).GetProperty("code").ShouldBe("\"ETOOLARGE\"");
        (await client.EnterAsync("s", $$""","publish":{"state":{{over}}}""")).GetProperty("error").GetProperty("code").ShouldBe("\"ETOOLARGE\"");
        server.Mesh.FindConnection(client.Id)!.Rooms.Single().ShouldBe("r");
        (await client.StatesAsync("r")).GetProperty("states").GetProperty(client.Id).ShouldBe(fits);
        (await server.Mesh.Room("r").ReadAsync(TestContext.Current.CancellationToken)).Revision.ShouldBe(3);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task The_state_counts_as_sent_bytes_not_characters()
    {
        await using var server = await TestServer.StartAsync(options: it => it.StateBytes = 16);
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        (await client.PublishPlainAsync("r", "\"ééééééé\"")).ShouldBe("true");
        (await client.ErrorOfAsync("mesh/publish-presence-state", """{"roomName":"r","state":"éééééééé"}""")).ShouldBe("ETOOLARGE");
        (await client.ErrorOfAsync("mesh/publish-presence-state", """{"roomName":"r","state":{               }}""")).ShouldBe("ETOOLARGE");
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task Metadata_over_16_KB_is_ETOOLARGE_also_by_merging()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        var half = Json.Quote(new string('x', 10_000));
        (await client.ErrorOfAsync("mesh/set-my-connection-metadata", $$"""{"metadata":{{Json.Quote(new string('x', 16_383))}}}""")).ShouldBe("ETOOLARGE");
        (await client.RequestAsync("mesh/set-my-connection-metadata", $$$"""{"metadata":{"a":{{{half}}}}}""")).ShouldBe("""{"success":true}""");
        (await client.ErrorOfAsync("mesh/set-my-connection-metadata", $$$"""{"metadata":{"b":{{{half}}}},"options":{"strategy":"merge"}}""")).ShouldBe("ETOOLARGE");
        (await client.RequestAsync("mesh/get-my-connection-metadata")).GetProperty("metadata").EnumerateObject().Single().Name.ShouldBe("a");
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task A_connection_is_in_100_rooms_at_most_and_may_leave_one_for_another()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandBurst = 1000);
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.OpenAsync();
        for (var at = 0; at < 100; at++) await client.JoinAsync($"r{at}");

        (await client.ErrorOfAsync("mesh/join-room", Room("more"))).ShouldBe("ELIMIT");
        (await client.EnterAsync("more")).GetProperty("error").GetProperty("code").ShouldBe("\"ELIMIT\"");
        (await client.JoinAsync("r7")).GetProperty("success").ShouldBe("true");
        (await client.StatesAsync("more")).GetProperty("present").GetArrayLength().ShouldBe(0);
        await client.LeaveAsync("r7");
        (await client.JoinAsync("more")).GetProperty("success").ShouldBe("true");
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task A_connection_has_100_subscriptions_at_most()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandBurst = 1000);
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        for (var at = 0; at < 100; at++) (await client.SubscribeAsync($"r{at}")).GetProperty("success").ShouldBe("true");
        (await client.ErrorOfAsync("mesh/subscribe-presence", Room("more"))).ShouldBe("ELIMIT");
        (await client.SubscribeAsync("r0")).GetProperty("success").ShouldBe("true");
        await client.RequestAsync("mesh/unsubscribe-presence", Room("r0"));
        (await client.SubscribeAsync("more")).GetProperty("success").ShouldBe("true");
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task A_full_room_refuses_one_more_and_changes_nothing()
    {
        await using var server = await TestServer.StartAsync(options: it => it.MembersPerRoom = 2);
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var first = await server.ConnectAsync();
        await using var second = await server.OpenAsync();
        await using var third = await server.OpenAsync();
        await first.JoinAsync("r");
        await second.EnterAsync("r");
        await third.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""");

        (await third.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe("ELIMIT");
        (await third.EnterAsync("r", ",\"publish\":{\"state\":1}")).ShouldBe(
            """{"roomName":"r","success":false,"error":{"error":"<text>","code":"ELIMIT","name":"CommandError"}}""");
        (await first.JoinAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(2);
        server.Mesh.FindConnection(third.Id)!.Rooms.ShouldBeEmpty();

        // Its subscription of before is untouched, and there is room again once one has left.
        await first.LeaveAsync("r");
        await third.UntilAsync(() => third.Diffs().Any(it => it.TryGetProperty("left", out _)));
        (await third.EnterAsync("r")).GetProperty("success").ShouldBe("true");
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task An_enter_takes_100_rooms_at_most()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.OpenAsync();
        string Rooms(int count) => $"{{\"rooms\":[{string.Join(',', Enumerable.Range(0, count).Select(at => Room($"r{at}")))}]}}";
        (await client.ErrorOfAsync("mesh/enter", Rooms(101))).ShouldBe("ELIMIT");
        server.Mesh.FindConnection(client.Id)!.Rooms.ShouldBeEmpty();
        (await client.RequestAsync("mesh/enter", Rooms(100))).GetProperty("rooms").GetArrayLength().ShouldBe(100);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task Above_the_rate_the_server_reads_no_faster()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (5, 10));
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        for (var at = 0; at < 7; at++) await client.SendAsync("echo", $"{at}");

        await client.ResponseAsync("5");
        await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport!.IsHeldUp);
        await bystander.ShouldHaveNoticedNothingAsync();
        client.Frames.Count(it => it.Id is not null).ShouldBe(5);
        foreach (var id in new[] { "6", "7" })
        {
            var next = client.ResponseAsync(id);
            await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(10), () => next.IsCompleted);
            (await next).Payload.ValueKind.ShouldBe(JsonValueKind.Number);
        }
    }

    [Fact]
    public async Task After_a_second_of_that_it_answers_ERATE_and_later_takes_commands_again()
    {
        await using var server = await TestServer.StartAsync(options: it => (it.CommandBurst, it.CommandsPerSecond) = (5, 20));
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = await server.ConnectAsync();
        for (var at = 0; at < 300; at++) await client.SendAsync("echo", $"{at}");
        await client.ResponseAsync("300");
        await client.UntilAsync(() => client.Frames.Count(it => it.Id is not null) == 300);

        var refused = client.Frames.Where(it => it.Id is not null && it.Payload.ValueKind == JsonValueKind.Object).ToList();
        refused.Count.ShouldBeInRange(1, 300 - 5);
        foreach (var answer in refused) answer.Payload.ShouldBe("""{"error":"<text>","code":"ERATE","name":"CommandError"}""");
        await bystander.ShouldHaveNoticedNothingAsync();
        while (await client.ErrorOfAsync("echo") is { } code) code.ShouldBe("ERATE");
    }

    [Fact]
    public async Task Pongs_are_no_commands()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (5, 1));
        await using var client = await server.ConnectAsync();
        for (var at = 0; at < 100; at++) await client.SendAsync("pong");
        (await client.RequestAsync("echo", "1")).ShouldBe("1");
    }

    [Fact]
    public async Task A_plain_receiver_too_slow_is_closed_with_4001_and_nobody_else_waits()
    {
        // Time stands: however late it comes to again, it reads why it was closed.
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.OutboundBytes, it.CommandBurst, it.CommandsPerSecond) = (64 * 1024, 100_000, 100_000));
        await using var slow = await server.ConnectAsync();
        await using var observer = await server.ConnectAsync();
        await using var member = await server.ConnectAsync();
        await slow.SubscribeAsync("r");
        await observer.SubscribeAsync("r");
        await member.JoinAsync("r");
        slow.StopReading();

        var state = Json.Quote(new string('x', 15_000));
        var published = 0;
        while (server.Mesh.FindConnection(slow.Id) is not null)
        {
            published.ShouldBeLessThan(10_000);
            (await member.PublishPlainAsync("r", state)).ShouldBe("true");
            published++;
            if (published % 2 == 0) await observer.FenceAsync(); // What it has not read yet stays below the limit.
        }
        await observer.UntilAsync(() => observer.Events.Count == published + 1);
        server.Mesh.FindConnection(observer.Id).ShouldNotBeNull();
        slow.ReadOn();
        (await slow.Closed).ShouldBe(CloseCodes.SlowReceiver);
    }

    [Theory]
    [InlineData("mesh/enter")]
    [InlineData("mesh/set-my-connection-metadata")]
    public async Task A_command_counts_once_for_each_room_that_it_changes(string command)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (10, 10));
        await using var client = await server.OpenAsync();
        await EnterAllAsync(client, command == "mesh/enter" ? 5 : 3);
        if (command != "mesh/enter") await client.RequestAsync(command, """{"metadata":1}""");
        // Of ten: one for the session, five or six for the rooms.
        for (var at = 0; at < (command == "mesh/enter" ? 4 : 3); at++) await client.FenceAsync();
        var held = client.FenceAsync();
        await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.Transport!.IsHeldUp);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        held.IsCompleted.ShouldBeFalse();
        server.Time.Advance(TimeSpan.FromSeconds(0.1));
        await held;
    }

    [Fact]
    public async Task Rooms_are_paid_for_before_they_are_entered_also_by_who_waits_for_no_answer()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (10, 10));
        await using var client = await server.OpenAsync();
        await using var bystander = await server.ConnectAsync();
        // Of ten: one for the session, five for the first rooms; the second five have four.
        Task[] entering = [EnterAllAsync(client, 5, from: 0), EnterAllAsync(client, 5, from: 5), EnterAllAsync(client, 5, from: 10)];
        await entering[0];
        for (var at = 0; at < 9; at++) await bystander.FenceAsync();
        server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe(5);
        for (var at = 1; at < entering.Length; at++)
        {
            await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(0.1), () => entering[at].IsCompleted);
            server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe(5 * (at + 1));
        }
    }

    [Fact]
    public async Task Who_enters_all_rooms_again_after_a_reconnect_is_not_held_up()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.OpenAsync();
        await EnterAllAsync(client, 100);
        for (var at = 0; at < 90; at++) await client.FenceAsync();
    }

    private static async Task EnterAllAsync(PlainClient client, int rooms, int from = 0)
    {
        var named = string.Join(',', Enumerable.Range(from, rooms).Select(at => Room($"r{at}")));
        (await client.RequestAsync("mesh/enter", $$"""{"rooms":[{{named}}]}""")).GetProperty("rooms").EnumerateArray().ShouldAllBe(it => it.GetProperty("success").GetBoolean());
    }
}
