namespace Mesh.Client.Tests;

/// <summary>What is told of a room beside its entry, in orders that a server can hardly be brought to.</summary>
public sealed class EntryOrderTests : Scenario
{
    private const string Sibling = """{"connectionId":"other","number":1,"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,1],"joinedAt":[1,1]}""";

    [Fact]
    public async Task An_own_member_that_the_roster_of_the_entry_did_not_have_gets_the_state_of_its_siblings()
    {
        var server = Own(await ScriptedServer.StartAsync());
        View(await ConnectAsync(server.Url));
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered($$"""{"epoch":2,"revision":0,"members":[{{Sibling}}]}"""));
        await server.TellAsync(
            "mesh/presence-diff",
            """{"roomName":"general","epoch":2,"from":0,"to":1,"joined":[{"connectionId":"me","number":2,"sibling":"s","state":null,"joinedAt":[2,1]}]}""");
        var restore = await server.ReceiveAsync("mesh/restore");
        restore.GetProperty("payload").GetProperty("state").GetProperty("status").GetString().ShouldBe("busy");
    }

    [Fact]
    public async Task A_room_that_is_entered_again_while_the_answer_to_its_leave_is_on_its_way_is_not_stale_by_what_was_said_before()
    {
        const string Roster = """{"epoch":1,"revision":5,"members":[{"connectionId":"me","number":2,"sibling":"s","state":null,"joinedAt":[1,5]}]}""";
        var server = Own(await ScriptedServer.StartAsync());
        var client = await ConnectAsync(server.Url);
        var first = View(client);
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered(Roster));
        await Wait.UntilAsync(() => first.Presence.IsFresh);

        var leaving = first.Presence.DisposeAsync();
        var left = await server.ReceiveAsync("mesh/leave-room");
        var unsubscribed = await server.ReceiveAsync("mesh/unsubscribe-presence");
        var second = View(client);
        var entered = await server.ReceiveAsync("mesh/enter");
        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":5,"to":5,"stale":true}""");
        await server.AnswerAsync(left, """{"success":true}""");
        await server.AnswerAsync(unsubscribed, "true");
        await server.AnswerAsync(entered, Entered(Roster));
        await leaving;
        await Wait.UntilAsync(() => second.Presence.IsFresh);
    }

    private static string Entered(string snapshot) => $$"""{"rooms":[{"roomName":"general","success":true,"number":2,"snapshot":{{snapshot}}}]}""";
}
