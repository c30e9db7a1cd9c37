using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Rooms;

/// <summary>Protocol §6: joining and leaving.</summary>
public sealed class RoomCommandTests
{
    [Fact]
    public async Task Joining_tells_who_is_present_in_the_order_of_joining_self_included()
    {
        await using var server = await TestServer.StartAsync();
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await first.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"name":"Alice"}}""");

        (await first.JoinAsync("room1")).ShouldBe($$$"""{"success":true,"present":[{"id":"{{{first.Id}}}","metadata":{"name":"Alice"}}]}""");
        (await second.JoinAsync("room1")).ShouldBe($$$"""{"success":true,"present":[{"id":"{{{first.Id}}}","metadata":{"name":"Alice"}},{"id":"{{{second.Id}}}","metadata":null}]}""");
        (await second.LeaveAsync("room1")).ShouldBe("""{"success":true}""");
        (await first.JoinAsync("room1")).ShouldBe($$$"""{"success":true,"present":[{"id":"{{{first.Id}}}","metadata":{"name":"Alice"}}]}""");
    }

    [Fact]
    [Trait("Fault", "12")]
    public async Task Each_event_comes_once_and_joining_or_leaving_twice_announces_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await using var observer = await server.ConnectAsync();
        await using var member = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await observer.SubscribeAsync("r");

        (await member.LeaveAsync("r")).ShouldBe("""{"success":true}""");
        await member.JoinAsync("r");
        (await member.JoinAsync("r")).ShouldBe($$$"""{"success":true,"present":[{"id":"{{{member.Id}}}","metadata":null}]}""");
        await member.PublishPlainAsync("r", "1");
        await member.PublishPlainAsync("r", "1");
        (await member.LeaveAsync("r")).ShouldBe("""{"success":true}""");
        (await member.LeaveAsync("r")).ShouldBe("""{"success":true}""");

        await observer.ShouldHaveEventsAsync(
            Joined("r", member.Id), State("r", member.Id, "1"), State("r", member.Id, "1"), Left("r", member.Id));
        await member.ShouldHaveEventsAsync();
    }

    [Fact]
    [Trait("Fault", "13")]
    public async Task Pipelined_commands_are_seen_in_order_join_before_state_and_no_state_after_leave()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandBurst = 1000);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var member = await server.ConnectAsync();

        var expected = new List<string>();
        string last = "";
        for (var round = 0; round < 50; round++)
        {
            await member.SendAsync("mesh/join-room", Room("r"));
            await member.SendAsync("mesh/publish-presence-state", $$"""{"roomName":"r","state":{{round}}}""");
            await member.SendAsync("mesh/leave-room", Room("r"));
            last = await member.SendAsync("mesh/publish-presence-state", """{"roomName":"r","state":"ghost"}""");
            expected.AddRange([Joined("r", member.Id), State("r", member.Id, $"{round}"), Left("r", member.Id)]);
        }
        (await member.ResponseAsync(last)).Payload.ShouldBe("false");

        await observer.ShouldHaveEventsAsync([.. expected]);
        (await observer.StatesAsync("r")).ShouldBe("""{"success":true,"present":[],"states":{}}""");
    }

    [Fact]
    public async Task A_plain_client_leaves_when_its_connection_ends_however_it_ends()
    {
        await using var server = await TestServer.StartAsync();
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var expected = new List<string>();
        foreach (var end in new[] { 1000, 1001, 4123, 0 })
        {
            await using var member = await server.ConnectAsync();
            await member.JoinAsync("r");
            if (end == 0) member.Drop();
            else await member.CloseAsync(end);
            expected.AddRange([Joined("r", member.Id), Left("r", member.Id)]);
            await observer.UntilAsync(() => observer.Events.Count >= expected.Count);
        }
        await observer.ShouldHaveEventsAsync([.. expected]);
    }

    [Fact]
    public async Task What_was_sent_before_a_clean_close_still_takes_effect()
    {
        await using var server = await TestServer.StartAsync();
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var member = await server.ConnectAsync();
        await member.SendAsync("mesh/join-room", Room("r"));
        await member.SendAsync("mesh/publish-presence-state", """{"roomName":"r","state":1}""");
        await member.CloseAsync();

        await observer.UntilAsync(() => observer.Events.Count == 3);
        await observer.ShouldHaveEventsAsync(Joined("r", member.Id), State("r", member.Id, "1"), Left("r", member.Id));
    }

    [Fact]
    public async Task A_connection_may_be_in_many_rooms_which_know_nothing_of_each_other()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("a");
        await client.JoinAsync("a");
        await client.JoinAsync("b");
        await client.PublishPlainAsync("b", "1");
        await client.LeaveAsync("b");
        await observer.ShouldHaveEventsAsync(Joined("a", client.Id));
        server.Mesh.FindConnection(client.Id)!.Rooms.Single().ShouldBe("a");
    }
}
