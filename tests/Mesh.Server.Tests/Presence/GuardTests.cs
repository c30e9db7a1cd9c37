using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §6, §7, §9: who may join a room, see it, publish in it, and which states.</summary>
public sealed partial class GuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal sealed record Cursor(int X, int Y);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Cursor))]
    internal sealed partial class CursorJson : JsonSerializerContext;

    [Fact]
    public async Task Whom_the_join_guard_refuses_does_not_join_in_either_way()
    {
        await using var server = await StartAsync(room => room.GuardJoinBy(_ => false));
        await using var client = await server.OpenAsync();
        (await client.ErrorOfAsync("mesh/join-room", Room("r"))).ShouldBe(ErrorCodes.Forbidden);
        (await client.EnterAsync("r")).GetProperty("error").GetProperty("code").ShouldBe("\"EFORBIDDEN\"");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Count.ShouldBe(0);
        // The guard is about joining alone.
        (await client.SubscribeAsync("r")).GetProperty("success").ShouldBe("true");
    }

    [Fact]
    public async Task Who_may_not_see_a_room_learns_nothing_of_it_not_even_whether_it_exists()
    {
        await using var server = await TestUsers.StartServerAsync(mesh: it => it
            .TrackPresence("secret:*", room => room.GuardBy(guard => guard.Connection.UserId == "alice")));
        await using var alice = await server.OpenAsync(configure: it => it.SetRequestHeader(TestUsers.Header, "alice"));
        await using var mallory = await server.OpenAsync(configure: it => it.SetRequestHeader(TestUsers.Header, "mallory"));
        await alice.EnterAsync("secret:there", ""","publish":{"state":{"x":1}}""");
        await server.Mesh.Room("secret:there").SetMetadataAsync(new { topic = "coup" }, Cancellation);

        var there = await AllAnswersAsync(mallory, "secret:there");
        var nowhere = await AllAnswersAsync(mallory, "secret:nowhere");
        there.Select(it => it.Replace("there", "nowhere", StringComparison.Ordinal)).ShouldBe(nowhere);
        there.ShouldAllBe(it => !it.Contains("coup", StringComparison.Ordinal) && !it.Contains(alice.Id, StringComparison.Ordinal));
        mallory.Events.ShouldBeEmpty();
        // And it is not by refusing everybody.
        await mallory.JoinAsync("secret:there");
        (await alice.StatesAsync("secret:there")).GetProperty("present").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Whom_the_publish_guard_refuses_sees_and_does_not_publish()
    {
        await using var server = await StartAsync(room => room.GuardPublishBy(guard => guard.Connection.Metadata.HasValue));
        await using var client = await server.OpenAsync();
        (await client.EnterAsync("r")).GetProperty("success").ShouldBe("true");
        (await client.ErrorOfAsync("mesh/publish", """{"roomName":"r","state":1}""")).ShouldBe(ErrorCodes.Refused);
        (await client.ErrorOfAsync("mesh/publish", """{"roomName":"r","state":null}""")).ShouldBe(ErrorCodes.Refused);
        (await client.ErrorOfAsync("mesh/restore", """{"roomName":"r","state":1,"stamp":[1,1]}""")).ShouldBe(ErrorCodes.Refused);
        (await client.EnterAsync("r", ""","publish":{"state":1}""")).GetProperty("error").GetProperty("code").ShouldBe("\"EREFUSED\"");
        (await client.PublishPlainAsync("r", "1")).ShouldBe("false");
        (await client.ClearAsync("r")).ShouldBe("false");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.ShouldHaveSingleItem().Stamp.ShouldBeNull();

        await server.Mesh.SetConnectionMetadataAsync(client.Id, true, cancellationToken: Cancellation);
        (await client.PublishAsync("r", "1")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_state_that_the_application_refuses_is_stored_nowhere_and_its_reason_is_told()
    {
        await using var server = await StartAsync(room => room.ValidateState<Cursor>((_, cursor) => cursor.X < 0 ? "x is below 0" : null));
        await using var client = await server.OpenAsync();
        var entered = await client.EnterAsync("r", ""","publish":{"state":{"x":-1,"y":0}}""");
        entered.GetProperty("error").ShouldBe("""{"error":"x is below 0","code":"EREFUSED","name":"CommandError"}""");
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Count.ShouldBe(0);

        (await client.EnterAsync("r", ""","publish":{"state":{"x":1,"y":0}}""")).GetProperty("success").ShouldBe("true");
        foreach (var wrong in new[] { """{"x":-1}""", "\"no cursor\"", "[]" })
        {
            (await client.ErrorOfAsync("mesh/publish", $$"""{"roomName":"r","state":{{wrong}}}""")).ShouldBe(ErrorCodes.Refused);
            (await client.ErrorOfAsync("mesh/restore", $$"""{"roomName":"r","state":{{wrong}},"stamp":[1,1]}""")).ShouldBe(ErrorCodes.Refused);
            (await client.PublishPlainAsync("r", wrong)).ShouldBe("false");
        }
        (await server.Mesh.Room("r").StatesAsync<Cursor>(Cancellation)).Values.ShouldBe([new Cursor(1, 0)]);
        // A clear is no state.
        (await client.PublishAsync("r", "null")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
    }

    // The bytes are what others get: JSON.parse reads the name in its own case, the last of two, and what the validator has never heard of.
    [Theory]
    [InlineData("""{"x":-1,"X":1,"y":0}""")]
    [InlineData("""{"x":-1,"x":1,"y":0}""")]
    [InlineData("""{"x":1,"y":0,"z":-1}""")]
    [InlineData("""{"x":"1","y":0}""")]
    public async Task A_state_is_looked_at_as_it_is_passed_on(string state)
    {
        await using var server = await StartAsync(room => room.ValidateState<Cursor>((_, cursor) => cursor.X < 0 ? "x is below 0" : null));
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        (await client.ErrorOfAsync("mesh/publish", $$"""{"roomName":"r","state":{{state}}}""")).ShouldBe(ErrorCodes.Refused);
        (await server.Mesh.Room("r").ReadAsync(Cancellation)).Members.ShouldHaveSingleItem().Stamp.ShouldBeNull();
    }

    [Fact]
    public async Task It_is_so_by_source_generated_JSON_too()
    {
        await using var server = await TestServer.StartAsync(
            trackAll: false,
            services: it => it.Services.Configure<MeshJsonOptions>(json => json.SerializerOptions = CursorJson.Default.Options),
            mesh: it => it.TrackPresence("*", room => room.ValidateState<Cursor>((_, cursor) => cursor.X < 0 ? "x is below 0" : null)));
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        (await client.ErrorOfAsync("mesh/publish", """{"roomName":"r","state":{"x":-1,"X":1,"y":0}}""")).ShouldBe(ErrorCodes.Refused);
        (await client.PublishAsync("r", """{"x":1,"y":0}""")).GetProperty("stamp").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_validator_knows_who_says_what_where()
    {
        await using var server = await TestUsers.StartServerAsync(mesh: it => it
            .TrackPresence("*", room => room.StateValidator = async state =>
            {
                await Task.Yield();
                state.State.Utf8.Length.ShouldBe(15);
                return state.ReadState<string[]>() is [var user, var named] && user == state.Connection.UserId && named == state.Room ? null : "that is somebody else";
            }));
        await using var alice = await server.OpenAsync(configure: it => it.SetRequestHeader(TestUsers.Header, "alice"));
        (await alice.EnterAsync("room", ""","publish":{"state":["alice","room"]}""")).GetProperty("error").GetProperty("error").ShouldBe("\"The state could not be looked at\"");
        server.Errors.Clear();
        (await alice.EnterAsync("rum", ""","publish":{"state":["alice","rum"]}""")).GetProperty("success").ShouldBe("true");
        (await alice.EnterAsync("rum", ""","publish":{"state":["mallo","rum"]}""")).GetProperty("error").GetProperty("error").ShouldBe("\"that is somebody else\"");
    }

    [Fact]
    public async Task What_a_guard_or_a_validator_throws_is_a_no_and_is_logged()
    {
        await using var server = await TestServer.StartAsync(trackAll: false, mesh: it => it
            .TrackPresence("join", room => room.JoinGuard = _ => throw new InvalidOperationException())
            .TrackPresence("publish", room => room.PublishGuard = _ => throw new InvalidOperationException())
            .TrackPresence("state", room => room.StateValidator = _ => throw new InvalidOperationException()));
        await using var client = await server.OpenAsync();
        (await client.ErrorOfAsync("mesh/join-room", Room("join"))).ShouldBe(ErrorCodes.Forbidden);
        foreach (var room in new[] { "publish", "state" })
        {
            (await client.EnterAsync(room)).GetProperty("success").ShouldBe("true");
            (await client.ErrorOfAsync("mesh/publish", $$"""{"roomName":"{{room}}","state":1}""")).ShouldBe(ErrorCodes.Refused);
        }
        server.Errors.All.Count.ShouldBe(3);
        server.Errors.Clear();
    }

    private static Task<TestServer> StartAsync(Action<PresenceRoomOptions> configure) =>
        TestServer.StartAsync(trackAll: false, mesh: it => it.TrackPresence("*", configure));

    // All that can be asked about a room, and at last by joining it.
    private static async Task<List<string>> AllAnswersAsync(PlainClient client, string room)
    {
        var answers = new List<string>();
        foreach (var command in new[]
            {
                "mesh/subscribe-presence", "mesh/get-presence-state", "mesh/get-room-metadata", "mesh/clear-presence-state", "mesh/unsubscribe-presence",
                "mesh/join-room", "mesh/get-presence-state", "mesh/subscribe-presence", "mesh/clear-presence-state",
            })
            answers.Add((await client.RequestAsync(command, Room(room))).GetRawText());
        answers.Add((await client.RequestAsync("mesh/subscribe-presence", $$"""{"roomName":"{{room}}","diffs":true}""")).GetRawText());
        answers.Add((await client.PublishPlainAsync(room, "1")).GetRawText());
        answers.Add((await client.PublishAsync(room, "1")).GetRawText());
        answers.Add((await client.RestoreAsync(room, "1", "[1,1]")).GetRawText());
        answers.Add((await client.EnterAsync(room)).GetRawText());
        answers.Add((await client.LeaveAsync(room)).GetRawText());
        return answers;
    }
}
