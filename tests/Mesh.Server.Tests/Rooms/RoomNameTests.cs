using System.Text.Json;

namespace Mesh.Server.Tests.Rooms;

/// <summary>Protocol §6: each command that takes a room name takes the names of room-names.json, and no other.</summary>
[Trait("Fault", "18")]
public sealed class RoomNameTests
{
    private static readonly IReadOnlyList<JsonElement> Cases = Json.Vectors("room-names.json");

    [Theory]
    [InlineData("mesh/join-room")]
    [InlineData("mesh/leave-room")]
    [InlineData("mesh/subscribe-presence")]
    [InlineData("mesh/unsubscribe-presence")]
    [InlineData("mesh/publish-presence-state", "\"state\":1")]
    [InlineData("mesh/clear-presence-state")]
    [InlineData("mesh/get-presence-state")]
    [InlineData("mesh/get-room-metadata")]
    [InlineData("mesh/publish", "\"state\":1", true)]
    [InlineData("mesh/restore", "\"state\":1,\"stamp\":[1,1]", true)]
    [InlineData("mesh/enter", "", true)]
    public async Task Are_validated_before_anything_is_stored(string command, string more = "", bool session = false)
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandBurst = 1000);
        await using var bystander = await Bystander.ArriveAsync(server);
        await using var client = session ? await server.OpenAsync() : await server.ConnectAsync();
        foreach (var vector in Cases)
        {
            string?[] members = [vector.TryGetProperty("roomName", out var name) ? $"\"roomName\":{name.GetRawText()}" : null, more.Length == 0 ? null : more];
            var payload = $"{{{string.Join(',', members.Where(it => it is not null))}}}";
            var enters = command == "mesh/enter";
            var answer = await client.RespondAsync(command, enters ? $"{{\"rooms\":[{payload}]}}" : payload);

            var error = enters ? answer.Payload.GetProperty("rooms")[0] : answer.Payload;
            if (enters) error = error.TryGetProperty("error", out var inner) ? inner : default;
            var code = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var told) ? told.GetString() : null;
            if (vector.GetProperty("valid").GetBoolean()) (code == "EINVALID").ShouldBeFalse(answer.Text);
            else
            {
                code.ShouldBe("EINVALID", answer.Text);
                server.Mesh.FindConnection(client.Id)!.Rooms.All(RoomName.IsValid).ShouldBeTrue();
            }
        }
        var valid = Cases.Where(it => it.GetProperty("valid").GetBoolean()).Select(it => it.GetProperty("roomName").GetString()).Distinct(StringComparer.Ordinal).Count();
        server.Mesh.FindConnection(client.Id)!.Rooms.Count.ShouldBe(command is "mesh/join-room" or "mesh/enter" ? valid : 0);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task Payloads_that_are_no_objects_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        foreach (var payload in new[] { "null", "[]", "7", "\"r\"", "true", """["r"]""", """{"roomName":"r","roomName":"s"}""", """{"roomname":"r"}""" })
            (await client.ErrorOfAsync("mesh/join-room", payload)).ShouldBe("EINVALID", payload);
        (await client.ErrorOfAsync("mesh/join-room", null)).ShouldBe("EINVALID");
        server.Mesh.FindConnection(client.Id)!.Rooms.ShouldBeEmpty();
    }
}
