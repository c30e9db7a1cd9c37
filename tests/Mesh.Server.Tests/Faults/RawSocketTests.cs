using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Mesh.Server.Tests.Faults;

/// <summary>What no WebSocket client would send, byte by byte, and names and values made up to be something else; bystanders notice nothing.</summary>
[Trait("Fault", "11")]
public sealed class RawSocketTests
{
    private const string Noop = """{"id":1,"command":"mesh/noop"}""";
    private const string Answered = """{"id":1,"command":"mesh/noop","payload":true}""";

    [Fact]
    public Task A_frame_that_is_not_masked() => EndsAsync([0x81, 4, .. "null"u8]);

    [Theory]
    [InlineData(0xC1)] // a reserved bit
    [InlineData(0x83)] // no opcode there is
    [InlineData(0x8B)]
    [InlineData(0x80)] // goes on with nothing
    [InlineData(0x09)] // a ping in fragments
    public Task A_first_byte_that_means_nothing(int first) => EndsAsync(RawConnection.Frame((byte)first, []));

    [Fact]
    public Task A_ping_that_is_too_long() => EndsAsync(RawConnection.Frame(0x89, new byte[126]));

    [Fact]
    public Task A_new_message_within_another() => EndsAsync([.. RawConnection.Frame(0x01, "{"u8.ToArray()), .. RawConnection.Frame(0x81, "}"u8.ToArray())]);

    [Fact]
    public async Task Fragments_and_pings_between_them_are_one_message()
    {
        await using var server = await TestServer.StartAsync();
        await using var raw = await RawConnection.UpgradeAsync(server.Http);
        var bytes = Encoding.UTF8.GetBytes(Noop);
        await raw.SendAsync([.. RawConnection.Frame(0x01, bytes[..1]), .. RawConnection.Frame(0x89, [1]), .. RawConnection.Frame(0x00, []), .. RawConnection.Frame(0x00, bytes[1..9]), .. RawConnection.Frame(0x80, bytes[9..])]);
        await raw.UntilAsync(it => it.Contains(Answered, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_that_come_one_by_one_hold_up_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        await using var raw = await RawConnection.ConnectAsync(server.Http);
        byte[] all = [.. Encoding.ASCII.GetBytes(RawConnection.Upgrade), .. RawConnection.Frame(0x81, Encoding.UTF8.GetBytes(Noop))];
        foreach (var (at, one) in all.Index())
        {
            await raw.SendAsync([one]);
            if (at % 20 == 0) await bystander.FenceAsync();
        }
        await raw.UntilAsync(it => it.Contains(Answered, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_in_the_same_breath_as_the_upgrade_is_answered_after_the_id()
    {
        await using var server = await TestServer.StartAsync();
        await using var raw = await RawConnection.UpgradeAsync(server.Http, Noop);
        var said = "";
        await raw.UntilAsync(it => (said = it).Contains(Answered, StringComparison.Ordinal));
        said.IndexOf("mesh/assign-id", StringComparison.Ordinal).ShouldBeInRange(0, said.IndexOf(Answered, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("-0.0")]
    [InlineData("1e400")]
    [InlineData("\"\"")]
    [InlineData("[[[{}]]]")]
    [InlineData("""{"__proto__":{"constructor":null}}""")]
    [InlineData("\"\\ud800\"")]
    public async Task Ids_of_any_kind_are_echoed_as_they_are(string id)
    {
        await using var server = await TestServer.StartAsync();
        await using var raw = await RawConnection.UpgradeAsync(server.Http, $$"""{"id":{{id}},"command":"mesh/noop"}""");
        await raw.UntilAsync(it => it.Contains($$"""{"id":{{id}},"command":"mesh/noop","payload":true}""", StringComparison.Ordinal));
    }

    [Fact]
    public async Task States_and_metadata_that_a_page_might_trip_over_are_passed_on_as_they_are()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        foreach (var state in new[] { """{"__proto__":{"polluted":true}}""", """{"constructor":{"prototype":{}}}""", "\"\\ud800\"", $"{new string('[', 50)}{new string(']', 50)}", "1e400" })
        {
            (await client.EnterAsync("r", $$""","publish":{"state":{{state}}}""")).GetProperty("success").ShouldBe("true");
            client.Forget();
            await client.PublishAsync("r", state);
            await client.UntilAsync(() => client.Frames.Any(it => it.Command == "mesh/presence-diff" && it.Text.Contains(state, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task What_is_nested_deeper_than_64_ends_its_connection()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        foreach (var depth in new[] { 65, 1_000, 30_000 })
        {
            await using var client = await server.ConnectAsync();
            await client.SendTextAsync($$"""{"id":1,"command":"echo","payload":{{new string('[', depth)}}{{new string(']', depth)}}}""");
            (await client.Closed).ShouldBe(CloseCodes.NotJson);
        }
        await bystander.FenceAsync();
    }

    [Theory]
    [InlineData("*")]
    [InlineData("mesh:1:{cm9vbQ}:room")]
    [InlineData("}:room{")]
    [InlineData("../../etc/passwd")]
    [InlineData("__proto__")]
    [InlineData("general ")]
    [InlineData("\u202egeneral")]
    public async Task Rooms_whose_names_look_like_something_else_are_rooms_of_their_own(string name)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        await using var other = await server.OpenAsync();
        await other.EnterAsync("general", ""","publish":{"state":1}""");
        (await client.EnterAsync(name, ""","publish":{"state":2}""")).GetProperty("snapshot").GetProperty("members").GetArrayLength().ShouldBe(1);
        (await server.Mesh.Room("general").ReadAsync(TestContext.Current.CancellationToken)).Count.ShouldBe(1);
        (await server.Mesh.Room(name).ReadAsync(TestContext.Current.CancellationToken)).Members.ShouldHaveSingleItem().State.ShouldBe(RawJson.FromText("2"));
    }

    [Fact]
    public async Task Thousands_of_rooms_one_after_the_other_leave_nothing_behind()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandsPerSecond = it.CommandBurst = 1_000_000);
        await using var client = await server.OpenAsync();
        for (var batch = 0; batch < 30; batch++)
        {
            var rooms = Enumerable.Range(0, 100).Select(at => $"room {batch}-{at}").ToList();
            var answer = await client.RequestAsync("mesh/enter", $$"""{"rooms":[{{string.Join(',', rooms.Select(it => $$"""{"roomName":"{{it}}"}"""))}}]}""");
            answer.GetProperty("rooms").EnumerateArray().ShouldAllBe(it => it.GetProperty("success").GetBoolean());
            foreach (var room in rooms)
            {
                await client.SendAsync("mesh/unsubscribe-presence", PresenceRequests.Room(room));
                await client.SendAsync("mesh/leave-room", PresenceRequests.Room(room));
            }
            await client.FenceAsync();
            client.Forget();
        }
        server.Mesh.FindConnection(client.Id)!.Rooms.ShouldBeEmpty();
        Kept.Rooms(server).ShouldBe(0);
        Kept.StoredRooms(server).ShouldBe(0);
        (await client.EnterAsync("one more")).GetProperty("success").ShouldBe("true");
    }

    // After what is no WebSocket the connection ends, and nobody else's.
    private static async Task EndsAsync(byte[] bytes)
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        await using var raw = await RawConnection.UpgradeAsync(server.Http);
        await raw.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
        await raw.SendAsync(bytes);
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
        await bystander.FenceAsync();
    }
}
