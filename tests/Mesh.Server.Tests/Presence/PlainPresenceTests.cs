using System.Text.Json;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §7, as existing clients know it: every answer and every event, key by key.</summary>
public sealed class PlainPresenceTests
{
    private const long Now = 1_893_456_000_000; // 2030-01-01, when fake time begins.

    [Fact]
    public async Task Subscribing_tells_members_with_metadata_and_states()
    {
        await using var server = await TestServer.StartAsync();
        await using var a = await server.ConnectAsync();
        await using var b = await server.ConnectAsync();
        await using var observer = await server.ConnectAsync();

        (await observer.SubscribeAsync("room1")).ShouldBe("""{"success":true,"present":[],"states":{}}""");
        await a.JoinAsync("room1");
        await b.JoinAsync("room1");
        await a.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":[1]}""");
        await a.PublishPlainAsync("room1", """{"status":"online"}""");
        await b.PublishPlainAsync("room1", "1");
        await b.ClearAsync("room1");

        (await observer.SubscribeAsync("room1")).ShouldBe(
            $$$$"""{"success":true,"present":[{"id":"{{{{a.Id}}}}","metadata":[1]},{"id":"{{{{b.Id}}}}","metadata":null}],"states":{"{{{{a.Id}}}}":{"status":"online"}}}""");
        (await observer.StatesAsync("room1")).ShouldBe(
            $$$$"""{"success":true,"present":["{{{{a.Id}}}}","{{{{b.Id}}}}"],"states":{"{{{{a.Id}}}}":{"status":"online"}}}""");
    }

    [Fact]
    public async Task Events_have_just_the_keys_of_the_protocol_and_go_to_the_originator_too()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("room1");
        await client.JoinAsync("room1");
        server.Time.Advance(TimeSpan.FromMilliseconds(7));
        (await client.PublishPlainAsync("room1", """{"a":[1,null,"ü"]}""")).ShouldBe("true");
        (await client.ClearAsync("room1")).ShouldBe("true");
        await client.LeaveAsync("room1");

        await client.ShouldHaveEventsAsync(
            Joined("room1", client.Id, $"{Now}"), State("room1", client.Id, """{"a":[1,null,"ü"]}""", $"{Now + 7}"), State("room1", client.Id, "null", $"{Now + 7}"), Left("room1", client.Id, $"{Now + 7}"));
    }

    [Fact]
    public async Task The_state_is_passed_on_as_the_bytes_received()
    {
        const string odd = """{ "n" : 1.0 , "u":"\u0041\/", "big":12345678901234567890, "e":1E2,"k":"\ud800" , "n" : 2 }""";
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        (await client.PublishPlainAsync("r", odd)).ShouldBe("true");
        await client.FenceAsync();

        client.Events[^1].Text.ShouldContain($"\"state\":{odd}");
        (await client.RespondAsync("mesh/get-presence-state", Room("r"))).Text.ShouldContain($":{odd}");
        (await client.RespondAsync("mesh/subscribe-presence", Room("r"))).Text.ShouldContain($":{odd}");
    }

    [Fact]
    public async Task A_publish_always_gives_an_event_also_with_equal_bytes_a_clear_of_nothing_none()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        await client.SubscribeAsync("r");

        (await client.ClearAsync("r")).ShouldBe("false");
        (await client.PublishPlainAsync("r", "{}")).ShouldBe("true");
        (await client.PublishPlainAsync("r", "{}")).ShouldBe("true");
        (await client.ClearAsync("r")).ShouldBe("true");
        (await client.ClearAsync("r")).ShouldBe("false");

        await client.ShouldHaveEventsAsync(State("r", client.Id, "{}"), State("r", client.Id, "{}"), State("r", client.Id, "null"));
    }

    [Fact]
    public async Task A_silent_publish_is_stored_and_gives_no_event()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        await client.SubscribeAsync("r");

        (await client.PublishPlainAsync("r", "1", ",\"silent\":true")).ShouldBe("true");
        (await client.StatesAsync("r")).ShouldBe($$$"""{"success":true,"present":["{{{client.Id}}}"],"states":{"{{{client.Id}}}":1}}""");
        (await client.PublishPlainAsync("r", "2", ",\"silent\":false")).ShouldBe("true");

        await client.ShouldHaveEventsAsync(State("r", client.Id, "2"));
    }

    [Fact]
    public async Task What_can_not_be_published_is_false_and_stores_nothing()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence("open").TrackPresence("vip", room => room.GuardBy(_ => false)));
        await using var client = await server.ConnectAsync();

        (await client.PublishPlainAsync("open", "1")).ShouldBe("false");
        (await client.ClearAsync("open")).ShouldBe("false");
        foreach (var room in new[] { "open", "vip", "other" }) await client.JoinAsync(room);
        foreach (var room in new[] { "vip", "other" })
        {
            (await client.PublishPlainAsync(room, "1")).ShouldBe("false");
            (await client.ClearAsync(room)).ShouldBe("false");
            (await client.SubscribeAsync(room)).ShouldBe("""{"success":false,"present":[]}""");
            (await client.StatesAsync(room)).ShouldBe("""{"success":false,"present":[]}""");
        }
        (await client.RequestAsync("mesh/publish-presence-state", Room("open"))).ShouldBe("false");
        (await client.PublishPlainAsync("open", "null")).ShouldBe("false");
        (await client.StatesAsync("open")).ShouldBe($$$"""{"success":true,"present":["{{{client.Id}}}"],"states":{}}""");
        foreach (var room in new[] { "open", "vip", "other" }) (await server.Mesh.Room(room).ReadAsync(TestContext.Current.CancellationToken)).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task Unsubscribing_says_whether_there_was_a_subscription_and_ends_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var observer = await server.ConnectAsync();
        await using var client = await server.ConnectAsync();

        (await observer.RequestAsync("mesh/unsubscribe-presence", Room("r"))).ShouldBe("false");
        await observer.SubscribeAsync("r");
        await observer.SubscribeAsync("r");
        await client.JoinAsync("r");
        (await observer.RequestAsync("mesh/unsubscribe-presence", Room("r"))).ShouldBe("true");
        (await observer.RequestAsync("mesh/unsubscribe-presence", Room("r"))).ShouldBe("false");
        await client.LeaveAsync("r");

        await observer.ShouldHaveEventsAsync(Joined("r", client.Id));
    }

    [Fact]
    public async Task A_subscription_outlives_membership_and_the_emptying_of_the_room()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        var expected = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            await client.JoinAsync("r");
            await client.LeaveAsync("r");
            expected.AddRange([Joined("r", client.Id), Left("r", client.Id)]);
        }
        await client.ShouldHaveEventsAsync([.. expected]);
    }

    [Fact]
    public async Task The_answer_to_a_subscription_comes_before_its_events_and_leaves_no_gap()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandsPerSecond = it.CommandBurst = 100_000);
        await using var member = await server.ConnectAsync();
        await member.JoinAsync("r");
        var publishing = Task.Run(async () =>
        {
            for (var number = 1; number <= 2000; number++) await member.SendAsync("mesh/publish-presence-state", $$"""{"roomName":"r","state":{{number}}}""");
            await member.FenceAsync();
        }, TestContext.Current.CancellationToken);

        for (var round = 0; round < 20; round++)
        {
            await using var observer = await server.ConnectAsync();
            var id = await observer.SendAsync("mesh/subscribe-presence", Room("r"));
            await observer.UntilAsync(() => observer.Events.Count > 0 || publishing.IsCompleted);
            if (observer.Events.Count == 0) break;
            var answer = await observer.ResponseAsync(id);
            observer.Frames[1].ShouldBe(answer);
            var states = answer.Payload.GetProperty("states");
            var last = states.TryGetProperty(member.Id, out var state) ? state.GetInt32() : 0;
            foreach (var seen in observer.Events.Select(it => it.Payload.GetProperty("state").GetInt32())) seen.ShouldBe(++last);
        }
        await publishing;
    }

    [Fact]
    public async Task Payloads_of_the_wrong_type_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        foreach (var more in new[] { "\"expireAfter\":-1", "\"expireAfter\":\"5\"", "\"expireAfter\":1e300", "\"silent\":1", "\"silent\":\"true\"", "\"expireAfter\":{}" })
            (await client.ErrorOfAsync("mesh/publish-presence-state", $$"""{"roomName":"r","state":1,{{more}}}""")).ShouldBe("EINVALID", more);
        (await client.ErrorOfAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":"yes"}""")).ShouldBe("EINVALID");
        (await client.StatesAsync("r")).GetProperty("states").EnumerateObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task Unknown_members_of_payloads_are_ignored()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("mesh/join-room", """{"roomName":"r","v":2,"x":{"roomName":7}}""")).GetProperty("success").ShouldBe("true");
        (await client.RequestAsync("mesh/publish-presence-state", """{"roomName":"r","state":1,"ttl":-1}""")).ShouldBe("true");
    }

    [Fact]
    public async Task Big_rooms_do_not_close_the_plain_clients_who_ask_for_them()
    {
        // 100 states of 15 KB are more than the outbound queue of 1 MB.
        await using var server = await TestServer.StartAsync(options: it => it.OutboundBytes = 64 * 1024);
        var state = Json.Quote(new string('x', 15_000));
        var members = await server.ConnectAsync(10);
        foreach (var member in members)
        {
            await member.JoinAsync("r");
            await member.PublishPlainAsync("r", state);
        }
        await using var observer = await server.ConnectAsync();

        (await observer.SubscribeAsync("r")).GetProperty("states").EnumerateObject().Count().ShouldBe(10);
        (await observer.StatesAsync("r")).GetProperty("states").EnumerateObject().Count().ShouldBe(10);
        foreach (var member in members) await member.DisposeAsync();
    }
}
