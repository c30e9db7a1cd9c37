namespace Mesh.Client.Tests;

/// <summary>What one of a user's connections says, and leaves, before the others have seen it (protocol §9, §10).</summary>
public sealed class PartingTests : Scenario
{
    private const string Alone = """{"epoch":1,"revision":4,"members":[{"connectionId":"me","number":2,"sibling":"s","joinedAt":[1,4]}]}""";

    private const string Siblings = """
        {"epoch":1,"revision":4,"members":[{"connectionId":"other","number":1,"sibling":"s","joinedAt":[1,1]},
         {"connectionId":"me","number":2,"sibling":"s","joinedAt":[1,4]}]}
        """;

    private readonly MemoryPresenceStorage _storage = new();

    [Fact]
    public async Task What_another_tab_has_stored_where_the_node_has_missed_changes_is_taken_over()
    {
        var (server, _) = await EnterAsync(Alone);
        await SayElsewhereAsync();

        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":4,"to":7,"missed":true}""");
        await RestoresAsync(server, "the node has missed changes");
    }

    [Fact]
    public async Task What_another_tab_has_stored_and_left_while_the_entry_was_on_its_way_is_taken_over()
    {
        var server = Own(await ScriptedServer.StartAsync());
        View(await ConnectAsync(server.Url, options: it => it.Storage = _storage));
        var entering = await server.ReceiveAsync("mesh/enter");
        await SayElsewhereAsync();
        await server.AnswerAsync(entering, Entered(Alone));
        await RestoresAsync(server, "the entry was on its way");
    }

    [Fact]
    public async Task What_another_tab_has_stored_and_left_where_diffs_were_missed_is_taken_over()
    {
        var (server, _) = await EnterAsync(Alone);
        await SayElsewhereAsync();

        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":8,"to":8}""");
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered(Alone.Replace("\"revision\":4", "\"revision\":8", StringComparison.Ordinal)));
        await RestoresAsync(server, "the answer to a resync says nothing of it");
    }

    [Fact]
    public async Task What_siblings_had_said_before_they_left_is_taken_over_and_nothing_of_others()
    {
        var (server, view) = await EnterAsync(Alone);
        await server.TellAsync(
            "mesh/presence-diff",
            """
            {"roomName":"general","epoch":1,"from":4,"to":9,"left":[3,4],
             "parting":[{"sibling":"m","state":{"userId":"alice","status":"forged"},"stamp":[1,8]},
                        {"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,7],"deadline":9007199254740991}]}
            """);
        var restore = (await server.ReceiveAsync("mesh/restore")).GetProperty("payload");
        restore.GetProperty("state").GetProperty("status").GetString().ShouldBe("busy");
        restore.GetProperty("stamp").GetRawText().ShouldBe("[1,7]");
        restore.GetProperty("deadline").GetInt64().ShouldBe(9007199254740991);
        await Wait.UntilAsync(() => view.Presence.Read() == new State("alice", "busy"));

        // An answer may have told of the rest already.
        await server.TellAsync(
            "mesh/presence-diff", """{"roomName":"general","epoch":1,"from":6,"to":9,"parting":[{"sibling":"s","state":{"userId":"alice","status":"gone"},"stamp":[1,8]}]}""");
        await Wait.UntilAsync(() => view.Presence.Read() == new State("alice", "gone"));
    }

    [Theory]
    [InlineData("it is told", """{"roomName":"general","epoch":1,"from":4,"to":7,"left":[7],"parting":[{"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,6]}]}""")]
    [InlineData("the answer tells of the rest", """{"roomName":"general","epoch":1,"from":2,"to":4,"parting":[{"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,6]}]}""")]
    [InlineData(
        "one diff tells of it, and another of the leave",
        """{"roomName":"general","epoch":1,"from":4,"to":6,"updated":[{"number":1,"state":{"userId":"alice","status":"busy"},"stamp":[1,6]}]}""",
        """{"roomName":"general","epoch":1,"from":6,"to":7,"left":[1]}""")]
    public async Task What_siblings_had_said_before_they_left_while_the_entry_was_on_its_way_is_taken_over_where(string what, params string[] diffs)
    {
        var server = Own(await ScriptedServer.StartAsync());
        View(await ConnectAsync(server.Url));
        var entering = await server.ReceiveAsync("mesh/enter");
        foreach (var diff in diffs) await server.TellAsync("mesh/presence-diff", diff);
        await server.AnswerAsync(entering, Entered(Siblings));
        await RestoresAsync(server, what);
    }

    [Fact]
    public async Task What_a_sibling_had_said_that_left_as_the_own_member_was_lost_is_taken_over_once_that_is_back()
    {
        var (server, _) = await EnterAsync(Siblings);
        await server.TellAsync(
            "mesh/presence-diff",
            """{"roomName":"general","epoch":1,"from":4,"to":8,"left":[1,2],"parting":[{"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,6]}]}""");
        await server.AnswerAsync(await server.ReceiveAsync("mesh/restore"), """{"error":"Not a member","code":"ENOTMEMBER","name":"CommandError"}""");
        await server.TellAsync(
            "mesh/presence-diff", """{"roomName":"general","epoch":1,"from":8,"to":9,"joined":[{"connectionId":"me","number":3,"sibling":"s","joinedAt":[1,9]}]}""");
        await RestoresAsync(server, "it is back");
    }

    [Fact]
    public async Task What_a_sibling_said_that_came_and_went_while_the_own_member_was_lost_is_taken_over_once_that_is_back()
    {
        var (server, _) = await EnterAsync(Siblings);
        foreach (var change in new[]
        {
            "\"to\":5,\"left\":[1,2]",
            """
            "to":6,"joined":[{"connectionId":"a","number":3,"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,6],"joinedAt":[1,6]}]
            """,
            "\"to\":7,\"left\":[3]",
        }) await server.TellAsync("mesh/presence-diff", $$"""{"roomName":"general","epoch":1,"from":4,{{change}}}""");
        await server.AnswerAsync(await server.ReceiveAsync("mesh/restore"), """{"error":"Not a member","code":"ENOTMEMBER","name":"CommandError"}""");
        await server.TellAsync(
            "mesh/presence-diff", """{"roomName":"general","epoch":1,"from":7,"to":8,"joined":[{"connectionId":"me","number":4,"sibling":"s","joinedAt":[1,8]}]}""");
        await RestoresAsync(server, "it is back");
    }

    [Fact]
    public async Task What_a_sibling_said_in_an_epoch_that_the_room_has_begun_and_left_before_that_was_told_is_taken_over()
    {
        var (server, _) = await EnterAsync(Alone);
        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":2,"from":3,"to":3}""");
        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":2,"from":3,"to":4,"left":[3]}""");
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered(
            """
            {"epoch":2,"revision":3,"members":[{"connectionId":"me","number":2,"sibling":"s","joinedAt":[2,1]},
             {"connectionId":"a","number":3,"sibling":"s","state":{"userId":"alice","status":"busy"},"stamp":[1,6],"joinedAt":[2,2]}]}
            """));
        await RestoresAsync(server, "an epoch has begun");
    }

    [Fact]
    public async Task What_another_tab_had_stored_that_left_as_the_own_member_was_lost_is_taken_over_once_that_is_back()
    {
        var (server, view) = await EnterAsync(Siblings);
        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":4,"to":5,"left":[2]}""");
        await Wait.UntilAsync(() => view.Presence.IsFresh);
        await SayElsewhereAsync();
        await server.TellAsync(
            "mesh/presence-diff", """{"roomName":"general","epoch":1,"from":5,"to":9,"joined":[{"connectionId":"me","number":3,"sibling":"s","joinedAt":[1,9]}]}""");
        await RestoresAsync(server, "it is back");
    }

    private async Task<(ScriptedServer Server, Viewer View)> EnterAsync(string roster)
    {
        var server = Own(await ScriptedServer.StartAsync());
        var view = View(await ConnectAsync(server.Url, options: it => it.Storage = _storage));
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered(roster));
        await Wait.UntilAsync(() => view.Presence.IsFresh);
        return (server, view);
    }

    // Another tab on the same device says something, on a connection of its own.
    private async Task SayElsewhereAsync()
    {
        var server = Own(await ScriptedServer.StartAsync());
        var tab = View(await ConnectAsync(server.Url, options: it => it.Storage = _storage));
        await server.AnswerAsync(await server.ReceiveAsync("mesh/enter"), Entered(Siblings));
        var publishing = tab.Presence.PublishAsync(new("alice", "busy"));
        await server.AnswerAsync(await server.ReceiveAsync("mesh/publish"), """{"success":true,"stamp":[1,6]}""");
        await server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":4,"to":6}""");
        await publishing.InTimeAsync();
    }

    private static async Task RestoresAsync(ScriptedServer server, string where)
    {
        var restore = (await server.ReceiveAsync("mesh/restore")).GetProperty("payload");
        restore.GetProperty("state").GetProperty("status").GetString().ShouldBe("busy", where);
        restore.GetProperty("stamp").GetRawText().ShouldBe("[1,6]", where);
    }

    private static string Entered(string snapshot) => $$"""{"rooms":[{"roomName":"general","success":true,"number":2,"snapshot":{{snapshot}}}]}""";
}
