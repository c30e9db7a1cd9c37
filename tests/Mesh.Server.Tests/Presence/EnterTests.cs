using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §9: entering, publishing and restoring with stamps.</summary>
public sealed class EnterTests
{
    private const long Now = 1_893_456_000_000;

    [Fact]
    public async Task Entering_joins_publishes_and_gives_the_roster()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.OpenAsync();
        var entered = await client.EnterAsync("general", """,""" + "\"publish\":{\"state\":{\"a\":1},\"expireAfter\":1500}");
        var epoch = entered.GetProperty("snapshot").GetProperty("epoch").GetRawText();
        entered.ShouldBe(
            $$$$"""
            {"roomName":"general","success":true,"number":1,"stamp":[{{{{epoch}}}},1],"deadline":{{{{Now + 1500}}}},
             "snapshot":{"epoch":{{{{epoch}}}},"revision":1,"members":[
               {"connectionId":"{{{{client.Id}}}}","number":1,"state":{"a":1},"stamp":[{{{{epoch}}}},1],"deadline":{{{{Now + 1500}}}},"joinedAt":[{{{{epoch}}}},1]}]}}
            """);
    }

    [Fact]
    public async Task Entering_without_a_state_has_no_stamp_and_plain_members_no_sibling()
    {
        await using var server = await TestServer.StartAsync();
        await using var plain = await server.ConnectAsync();
        await plain.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"m":1}}""");
        await plain.JoinAsync("r");
        await using var client = await server.OpenAsync(clientKey: "0123456789abcdef");
        var entered = await client.EnterAsync("r");
        var epoch = entered.GetProperty("snapshot").GetProperty("epoch").GetRawText();
        entered.ShouldBe(
            $$$$"""
            {"roomName":"r","success":true,"number":2,"snapshot":{"epoch":{{{{epoch}}}},"revision":2,"members":[
               {"connectionId":"{{{{plain.Id}}}}","number":1,"metadata":{"m":1},"joinedAt":[{{{{epoch}}}},1]},
               {"connectionId":"{{{{client.Id}}}}","number":2,"sibling":"<text>","joinedAt":[{{{{epoch}}}},2]}]}}
            """);
    }

    [Fact]
    public async Task All_rooms_are_answered_in_one_frame_in_the_order_asked_and_a_bad_one_leaves_the_others_alone()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence("open*").TrackPresence("vip", room => room.GuardBy(_ => false)));
        await using var client = await server.OpenAsync();
        var answer = await client.RequestAsync("mesh/enter",
            """
            {"rooms":[{"roomName":"open1","publish":{"state":1}},{"roomName":"vip"},{"roomName":"elsewhere"},{"roomName":"\u0000"},null,7,{},
              {"roomName":"open2","publish":{"state":1},"restore":{"state":1,"stamp":[1,1]}},{"roomName":"open3","publish":{}},{"roomName":"open4","publish":7},
              {"roomName":"open5","known":"x"},{"roomName":"open6","restore":{"state":1}},{"roomName":"open7","restore":{"state":1,"stamp":[1]}},
              {"roomName":"open8","known":null,"publish":null,"restore":null,"unknown":1}]}
            """);
        var rooms = answer.GetProperty("rooms").EnumerateArray().ToList();
        rooms.Count.ShouldBe(14);
        rooms[0].GetProperty("success").ShouldBe("true");
        rooms[13].GetProperty("success").ShouldBe("true");
        void Refused(int at, string? name, string code) => rooms[at].ShouldBe(
            $$$"""{{{{(name is null ? "" : $"\"roomName\":\"{name}\",")}}}"success":false,"error":{"error":"<text>","code":"{{{code}}}","name":"CommandError"}}""");
        Refused(1, "vip", "EFORBIDDEN");
        Refused(2, "elsewhere", "ENOTTRACKED");
        for (var at = 3; at < 7; at++) Refused(at, null, "EINVALID");
        Refused(7, "open2", "EINVALID");
        Refused(8, "open3", "EINVALID");
        Refused(9, "open4", "EINVALID");
        Refused(10, "open5", "EINVALID");
        Refused(11, "open6", "EINVALID");
        Refused(12, "open7", "EINVALID");
        server.Mesh.FindConnection(client.Id)!.Rooms.Order(StringComparer.Ordinal).SequenceEqual(["open1", "open8"], StringComparer.Ordinal).ShouldBeTrue();
        (await client.ErrorOfAsync("mesh/enter")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("mesh/enter", """{"rooms":{}}""")).ShouldBe("EINVALID");
        (await client.RequestAsync("mesh/enter", """{"rooms":[]}""")).ShouldBe("""{"rooms":[]}""");
    }

    [Fact]
    public async Task A_member_that_enters_again_changes_nothing_and_gets_what_it_lacks()
    {
        await using var server = await TestServer.StartAsync();
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var client = await server.OpenAsync();
        var first = await client.EnterAsync("r", ",\"publish\":{\"state\":1}");
        var second = await client.EnterAsync("r");
        second.ShouldBe(first.GetRawText());
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"));
    }

    [Fact]
    public async Task Who_knows_a_revision_gets_a_diff_while_the_history_reaches_back_to_it_else_a_snapshot()
    {
        await using var server = await TestServer.StartAsync(options: it => (it.CommandBurst, it.HistoryLength) = (10_000, 1));
        await using var third = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        await using var client = await server.OpenAsync();
        var epoch = (await client.EnterAsync("r")).GetProperty("snapshot").GetProperty("epoch").GetInt64();
        await other.JoinAsync("r");
        for (var at = 0; at < 7; at++) await other.PublishPlainAsync("r", $"{at}", ",\"silent\":true");
        string Known(long ofEpoch, long revision) => $$$""","known":{"epoch":{{{ofEpoch}}},"revision":{{{revision}}}}""";

        (await client.EnterAsync("r", Known(epoch, 9))).ShouldBe($$$"""{"roomName":"r","success":true,"number":1,"diff":{"epoch":{{{epoch}}},"from":9,"to":9}}""");
        (await client.EnterAsync("r", Known(epoch, 7))).ShouldBe(
            $$$$"""{"roomName":"r","success":true,"number":1,"diff":{"epoch":{{{{epoch}}}},"from":7,"to":9,"updated":[{"number":2,"state":6,"stamp":[{{{{epoch}}}},9]}]}}""");
        (await client.EnterAsync("r", Known(epoch, 1))).GetProperty("diff").ShouldBe(
            $$$"""{"epoch":{{{epoch}}},"from":1,"to":9,"joined":[{"connectionId":"{{{other.Id}}}","number":2,"state":6,"stamp":[{{{epoch}}},9],"joinedAt":[{{{epoch}}},2]}]}""");
        foreach (var unknown in new[] { Known(epoch, 0), Known(epoch, 10), Known(epoch - 1, 9), Known(epoch + 1, 9) })
        {
            var answer = await client.EnterAsync("r", unknown);
            answer.TryGetProperty("diff", out _).ShouldBeFalse();
            answer.GetProperty("snapshot").GetProperty("revision").GetInt64().ShouldBe(9);
        }
        await third.JoinAsync("r");
        (await client.EnterAsync("r", Known(epoch, 8))).TryGetProperty("diff", out _).ShouldBeFalse();
        (await client.EnterAsync("r", Known(epoch, 9))).TryGetProperty("diff", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task The_diffs_of_one_answer_share_what_it_may_hold_of_them()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandBurst = 10_000);
        await using var client = await server.OpenAsync();
        var said = new StateChange.Publish(RawJson.FromText(Json.Quote(new string('x', 15_000))));
        var entries = new List<string>();
        foreach (var room in new[] { "r", "s" })
        {
            var known = (await client.EnterAsync(room)).GetProperty("snapshot");
            entries.Add($$$"""{"roomName":"{{{room}}}","known":{"epoch":{{{known.GetProperty("epoch")}}},"revision":{{{known.GetProperty("revision")}}}}}""");
            for (var at = 0; at < 40; at++) await server.Get<IRoomStore>().JoinAsync(room, new($"{at}"), said, TestContext.Current.CancellationToken);
        }

        var alone = await client.RequestAsync("mesh/enter", $"{{\"rooms\":[{entries[0]}]}}");
        alone.GetProperty("rooms")[0].GetProperty("diff").GetProperty("joined").GetArrayLength().ShouldBe(40);
        var both = await client.RequestAsync("mesh/enter", $"{{\"rooms\":[{entries[0]},{entries[1]}]}}");
        both.GetProperty("rooms")[0].GetProperty("diff").GetProperty("joined").GetArrayLength().ShouldBe(40);
        both.GetProperty("rooms")[1].GetProperty("snapshot").GetProperty("members").GetArrayLength().ShouldBe(41);
    }

    [Fact]
    public async Task Publish_always_gets_a_new_stamp_and_a_clear_of_nothing_none()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var client = await server.OpenAsync();
        var epoch = (await client.EnterAsync("r")).GetProperty("snapshot").GetProperty("epoch").GetRawText();

        (await client.PublishAsync("r", "null")).ShouldBe("""{"stamp":null}""");
        (await client.PublishAsync("r", "1")).ShouldBe($$"""{"stamp":[{{epoch}},2]}""");
        (await client.PublishAsync("r", "1", ",\"expireAfter\":20.5")).ShouldBe($$"""{"stamp":[{{epoch}},3],"deadline":{{Now + 21}}}""");
        (await client.PublishAsync("r", "2", ",\"silent\":true")).ShouldBe($$"""{"stamp":[{{epoch}},4]}""");
        (await client.PublishAsync("r", "null")).ShouldBe($$"""{"stamp":[{{epoch}},5]}""");
        (await client.PublishAsync("r", "null", ",\"expireAfter\":20")).ShouldBe("""{"stamp":null}""");
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "1"), State("r", client.Id, "null"));
    }

    [Fact]
    public async Task A_clear_of_nothing_that_goes_with_an_entry_is_answered_without_a_stamp_also_where_there_was_a_state()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.OpenAsync();
        const string clear = ",\"publish\":{\"state\":null}";
        (await client.EnterAsync("r", clear)).TryGetProperty("stamp", out _).ShouldBeFalse();
        await client.PublishAsync("r", "1");
        (await client.EnterAsync("r", clear)).GetProperty("stamp")[1].GetInt64().ShouldBe(3);
        (await client.EnterAsync("r", clear)).TryGetProperty("stamp", out _).ShouldBeFalse();
        (await client.EnterAsync("r")).GetProperty("stamp")[1].GetInt64().ShouldBe(3);
    }

    [Fact]
    public async Task A_restore_is_taken_only_if_newer_and_says_why_not()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var a = await server.OpenAsync();
        await using var b = await server.OpenAsync();
        var epoch = (await a.EnterAsync("r")).GetProperty("snapshot").GetProperty("epoch").GetInt64();
        await b.EnterAsync("r");
        await a.PublishAsync("r", "\"a\"");
        const string restored = """{"restored":true}""";
        string Refused(string reason) => $$"""{"restored":false,"reason":"{{reason}}"}""";

        (await b.RestoreAsync("r", "\"old\"", $"[{epoch - 5},900]")).ShouldBe(restored);
        (await b.RestoreAsync("r", "\"older\"", $"[{epoch - 5},899]")).ShouldBe(Refused("older"));
        (await b.RestoreAsync("r", "\"same\"", $"[{epoch - 5},900]")).ShouldBe(Refused("older"));
        (await b.RestoreAsync("r", "\"a\"", $"[{epoch},3]")).ShouldBe(restored);
        (await b.RestoreAsync("r", "1", $"[{epoch},6]")).ShouldBe(Refused("future"));
        (await b.RestoreAsync("r", "1", $"[{epoch + 1},0]")).ShouldBe(Refused("future"));
        (await b.RestoreAsync("r", "1", $"[{epoch},5]", $",\"deadline\":{Now}")).ShouldBe(Refused("expired"));
        (await b.RestoreAsync("r", "1", $"[{epoch},4]", $",\"deadline\":{Now + 10}")).ShouldBe(restored);
        (await b.RestoreAsync("r", "null", $"[{epoch},5]")).ShouldBe(restored);
        (await b.RestoreAsync("r", "1", $"[{epoch},5]", ",\"deadline\":1")).ShouldBe(Refused("older"));

        await observer.ShouldHaveEventsAsync(
            Joined("r", a.Id), Joined("r", b.Id), State("r", a.Id, "\"a\""), State("r", b.Id, "\"old\""), State("r", b.Id, "\"a\""), State("r", b.Id, "1"), State("r", b.Id, "null"));
        (await server.Mesh.Room("r").ReadAsync(TestContext.Current.CancellationToken)).Revision.ShouldBe(7);
    }

    [Fact]
    public async Task Entering_with_a_restore_says_what_came_of_it_and_joins_in_any_case()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        var expected = new List<string>();
        foreach (var (restore, restored, reason, state) in new[]
        {
            ("""{"state":1,"stamp":[5,5]}""", true, null, "1"),
            ("""{"state":null,"stamp":[5,5]}""", true, null, "null"),
            ("""{"state":1,"stamp":[9007199254740991,1]}""", false, "future", null),
            ("""{"state":1,"stamp":[5,5],"deadline":17}""", false, "expired", (string?)null),
        })
        {
            await using var client = await server.OpenAsync();
            var entered = await client.EnterAsync("r", ",\"restore\":" + restore);
            entered.GetProperty("restored").GetBoolean().ShouldBe(restored);
            (entered.TryGetProperty("reason", out var told) ? told.GetString() : null).ShouldBe(reason);
            entered.TryGetProperty("stamp", out var stamp).ShouldBe(restored);
            if (restored) stamp.ShouldBe("[5,5]");
            expected.Add(Joined("r", client.Id));
            if (state is not (null or "null")) expected.Add(State("r", client.Id, state));
            await client.CloseAsync();
            expected.Add(Left("r", client.Id));
            await observer.UntilAsync(() => observer.Events.Count == expected.Count);
        }
        await observer.ShouldHaveEventsAsync([.. expected]);
    }

    [Fact]
    public async Task Restores_that_are_malformed_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        foreach (var bad in new[] { "", ",\"stamp\":null", ",\"stamp\":[1]", ",\"stamp\":[1,2,3]", ",\"stamp\":[-1,2]", ",\"stamp\":[1.5,2]", ",\"stamp\":\"1\"", ",\"stamp\":[1,1],\"deadline\":-1", ",\"stamp\":[1,1],\"deadline\":1e40", ",\"stamp\":[9007199254740992,1]" })
            (await client.ErrorOfAsync("mesh/restore", $$"""{"roomName":"r","state":1{{bad}}}""")).ShouldBe("EINVALID", bad);
        (await client.ErrorOfAsync("mesh/restore", """{"roomName":"r","stamp":[1,1]}""")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("mesh/publish", Room("r"))).ShouldBe("EINVALID");
    }

    [Fact]
    public async Task Refusals_have_the_codes_of_the_protocol()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence("open").TrackPresence("vip", room => room.GuardBy(_ => false)));
        await using var client = await server.OpenAsync();
        await using var plain = await server.ConnectAsync();
        foreach (var (command, more) in new[] { ("mesh/publish", ""), ("mesh/restore", ",\"stamp\":[1,1]") })
        {
            string Of(string room) => $$"""{"roomName":"{{room}}","state":1{{more}}}""";
            (await client.ErrorOfAsync(command, Of("open"))).ShouldBe("ENOTMEMBER");
            (await client.ErrorOfAsync(command, Of("vip"))).ShouldBe("EFORBIDDEN");
            (await client.ErrorOfAsync(command, Of("elsewhere"))).ShouldBe("ENOTTRACKED");
            (await plain.ErrorOfAsync(command, Of("open"))).ShouldBe("EINVALID");
        }
        (await plain.ErrorOfAsync("mesh/enter", """{"rooms":[{"roomName":"open"}]}""")).ShouldBe("EINVALID");
    }

    [Fact]
    public async Task Joining_as_a_plain_client_does_works_for_a_session_too()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        await client.JoinAsync("r");
        (await client.PublishAsync("r", "1")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
        await client.LeaveAsync("r");
        (await client.ErrorOfAsync("mesh/publish", """{"roomName":"r","state":1}""")).ShouldBe("ENOTMEMBER");
    }
}
