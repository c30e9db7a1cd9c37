using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Metadata;

/// <summary>Protocol §7: metadata of connections and rooms.</summary>
public sealed class MetadataTests
{
    [Fact]
    [Trait("Fault", "17")]
    public async Task Read_before_it_was_set_is_null_and_no_error()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.RespondAsync("mesh/get-my-connection-metadata", "{}")).Root.ShouldBe("""{"id":1,"command":"mesh/get-my-connection-metadata","payload":{"metadata":null}}""");
        (await client.RespondAsync("mesh/get-my-connection-metadata", null)).Payload.ShouldBe("""{"metadata":null}""");
        (await client.RequestAsync("mesh/get-connection-metadata", $$"""{"connectionId":"{{client.Id}}"}""")).ShouldBe("""{"metadata":null}""");
        (await client.RequestAsync("mesh/get-connection-metadata", """{"connectionId":"conn-nobody"}""")).ShouldBe("""{"metadata":null}""");
        (await client.RequestAsync("mesh/get-room-metadata", Room("r"))).ShouldBe("""{"metadata":null}""");
        (await client.ErrorOfAsync("mesh/get-connection-metadata")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("mesh/set-my-connection-metadata")).ShouldBe("EINVALID");
    }

    [Theory]
    [Trait("Fault", "17")]
    [InlineData(null, """{"a":1}""", "merge", """{"a":1}""")]
    [InlineData(null, """{"a":1}""", "deepMerge", """{"a":1}""")]
    [InlineData(null, "7", null, "7")]
    [InlineData("7", """{"a":1}""", "merge", """{"a":1}""")]
    [InlineData("[1]", """{"a":1}""", "deepMerge", """{"a":1}""")]
    [InlineData("""{"a":1,"b":{"c":1,"d":2}}""", """{"b":{"c":3},"e":null}""", "merge", """{"a":1,"b":{"c":3},"e":null}""")]
    [InlineData("""{"a":1,"b":{"c":1,"d":2}}""", """{"b":{"c":3},"e":null}""", "deepMerge", """{"a":1,"b":{"c":3,"d":2},"e":null}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":[2]}""", "deepMerge", """{"a":[2]}""")]
    [InlineData("""{"a":[1]}""", """{"a":{"b":1}}""", "deepMerge", """{"a":{"b":1}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"c":3}""", "replace", """{"c":3}""")]
    [InlineData("""{"a":1,"b":2}""", """{"c":3}""", null, """{"c":3}""")]
    [InlineData("""{"a":1}""", "null", "replace", "null")]
    [InlineData("""{"a":1}""", """{"__proto__":{"x":1},"constructor":2}""", "deepMerge", """{"a":1,"__proto__":{"x":1},"constructor":2}""")]
    public async Task Set_replaces_or_merges(string? before, string metadata, string? strategy, string after)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        if (before is not null) await client.RequestAsync("mesh/set-my-connection-metadata", $$"""{"metadata":{{before}}}""");
        var options = strategy is null ? "" : $$""","options":{"strategy":"{{strategy}}"}""";
        (await client.RequestAsync("mesh/set-my-connection-metadata", $$"""{"metadata":{{metadata}}{{options}}}""")).ShouldBe("""{"success":true}""");
        (await client.RequestAsync("mesh/get-my-connection-metadata")).ShouldBe($$"""{"metadata":{{after}}}""");
    }

    [Theory]
    [InlineData("7", "merge")]
    [InlineData("null", "merge")]
    [InlineData("[]", "deepMerge")]
    [InlineData("{}", "overwrite")]
    [InlineData("""{"a":1,"a":2}""", "merge")]
    public async Task What_can_not_be_merged_is_refused_and_changes_nothing(string metadata, string strategy)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"k":1}}""");
        (await client.ErrorOfAsync("mesh/set-my-connection-metadata", $$$"""{"metadata":{{{metadata}}},"options":{"strategy":"{{{strategy}}}"}}""")).ShouldBe("EINVALID");
        (await client.RequestAsync("mesh/get-my-connection-metadata")).ShouldBe("""{"metadata":{"k":1}}""");
    }

    [Fact]
    [Trait("Fault", "16")]
    public async Task Setting_it_breaks_no_broadcast_and_evicts_nobody()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        foreach (var metadata in new[] { """{"id":"x","connection":null,"lastSeen":0}""", "null", "\"text\"", "{}", "[]", "false" })
        {
            await client.RequestAsync("mesh/set-my-connection-metadata", $$"""{"metadata":{{metadata}}}""");
            await server.Mesh.BroadcastAsync("all", 1, cancellationToken: TestContext.Current.CancellationToken);
            await server.Mesh.Room("r").BroadcastAsync("room", 2, cancellationToken: TestContext.Current.CancellationToken);
        }
        for (var minute = 0; minute < 30; minute++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(9));
            await Task.WhenAll(client.FenceAsync(), observer.FenceAsync());
        }
        client.Events.Select(it => it.Command).ShouldBe(Enumerable.Repeat<string[]>(["all", "room"], 6).SelectMany(it => it));
        observer.Events.Where(it => it.Command == "mesh/presence-update").Select(it => it.Payload.GetProperty("type").GetString()).ShouldBe(["join"]);
        (await observer.StatesAsync("r")).GetProperty("present")[0].GetString().ShouldBe(client.Id);
    }

    [Fact]
    public async Task It_is_shown_to_rooms_joined_before_and_after_and_to_diff_subscribers_at_once()
    {
        await using var server = await TestServer.StartAsync(options: it => it.FlushInterval = TimeSpan.Zero);
        await using var observer = await server.OpenAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("a");
        var epoch = (await observer.EnterAsync("a")).GetProperty("snapshot").GetProperty("epoch").GetRawText();
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"k":1}}""");
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"k":1}}""");
        (await client.JoinAsync("b")).ShouldBe($$$$"""{"success":true,"present":[{"id":"{{{{client.Id}}}}","metadata":{"k":1}}]}""");
        await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":null}""");
        await observer.FenceAsync();

        var diffs = observer.Diffs().ToList();
        diffs.Count.ShouldBe(2);
        diffs[0].ShouldBe($$$"""{"roomName":"a","epoch":{{{epoch}}},"from":2,"to":3,"updated":[{"number":1,"metadata":{"k":1}}]}""");
        diffs[1].ShouldBe($$"""{"roomName":"a","epoch":{{epoch}},"from":3,"to":4,"updated":[{"number":1,"metadata":null}]}""");
        (await client.JoinAsync("a")).GetProperty("present")[0].ShouldBe($$"""{"id":"{{client.Id}}","metadata":null}""");
    }

    [Fact]
    public async Task Of_a_room_is_set_by_the_server_and_outlives_the_members()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var room = server.Mesh.Room("r");
        await room.SetMetadataAsync(new { Title = "Tea" }, cancellationToken);
        await client.JoinAsync("r");
        await client.LeaveAsync("r");
        (await client.RequestAsync("mesh/get-room-metadata", Room("r"))).ShouldBe("""{"metadata":{"title":"Tea"}}""");
        (await room.GetMetadataAsync<Dictionary<string, string>>(cancellationToken))!["title"].ShouldBe("Tea");
        await room.SetMetadataAsync<object?>(null, cancellationToken);
        (await client.RequestAsync("mesh/get-room-metadata", Room("r"))).ShouldBe("""{"metadata":null}""");
        (await client.ErrorOfAsync("mesh/set-room-metadata", Room("r"))).ShouldBe("ENOTFOUND");
    }

    [Fact]
    public async Task Merges_from_everywhere_at_once_lose_nothing()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        var keys = Enumerable.Range(0, 200).Select(it => "k" + it).ToList();
        await Parallel.ForEachAsync(keys, cancellationToken, async (key, token) =>
            await server.Mesh.SetConnectionMetadataAsync(client.Id, new Dictionary<string, int>(StringComparer.Ordinal) { [key] = 1 }, MetadataStrategy.Merge, token));
        var shown = (await server.Mesh.Room("r").ReadAsync(cancellationToken)).Find(client.Id)!.Metadata.Parse();
        shown.EnumerateObject().Select(it => it.Name).ShouldBe(keys, ignoreOrder: true);
    }

    [Fact]
    public async Task The_server_sets_that_of_a_connection_too()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await server.Mesh.SetConnectionMetadataAsync(client.Id, new { A = 1 }, cancellationToken: cancellationToken)).ShouldBeTrue();
        (await server.Mesh.SetConnectionMetadataAsync(client.Id, new { B = 2 }, MetadataStrategy.Merge, cancellationToken)).ShouldBeTrue();
        (await server.Mesh.SetConnectionMetadataAsync("conn-nobody", new { A = 1 }, cancellationToken: cancellationToken)).ShouldBeFalse();
        (await client.RequestAsync("mesh/get-my-connection-metadata")).ShouldBe("""{"metadata":{"a":1,"b":2}}""");
        server.Mesh.FindConnection(client.Id)!.Metadata.ToString().ShouldBe("""{"a":1,"b":2}""");
        (await Should.ThrowAsync<MeshException>(async () => await server.Mesh.SetConnectionMetadataAsync(client.Id, new string('x', 20_000), cancellationToken: cancellationToken)))
            .Code.ShouldBe("ETOOLARGE");
    }
}
