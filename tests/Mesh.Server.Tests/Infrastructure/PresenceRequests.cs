using System.Text.Json;

namespace Mesh.Server.Tests;

/// <summary>The commands that most tests send, and the events they expect.</summary>
internal static class PresenceRequests
{
    public static Task<JsonElement> JoinAsync(this PlainClient client, string room) => client.RequestAsync("mesh/join-room", Room(room));

    public static Task<JsonElement> LeaveAsync(this PlainClient client, string room) => client.RequestAsync("mesh/leave-room", Room(room));

    public static Task<JsonElement> SubscribeAsync(this PlainClient client, string room) => client.RequestAsync("mesh/subscribe-presence", Room(room));

    public static Task<JsonElement> PublishPlainAsync(this PlainClient client, string room, string state, string more = "") =>
        client.RequestAsync("mesh/publish-presence-state", $"{{\"roomName\":{Json.Quote(room)},\"state\":{state}{more}}}");

    public static Task<JsonElement> ClearAsync(this PlainClient client, string room) => client.RequestAsync("mesh/clear-presence-state", Room(room));

    public static Task<JsonElement> StatesAsync(this PlainClient client, string room) => client.RequestAsync("mesh/get-presence-state", Room(room));

    public static Task<JsonElement> PublishAsync(this PlainClient client, string room, string state, string more = "") =>
        client.RequestAsync("mesh/publish", $"{{\"roomName\":{Json.Quote(room)},\"state\":{state}{more}}}");

    public static Task<JsonElement> RestoreAsync(this PlainClient client, string room, string state, string stamp, string more = "") =>
        client.RequestAsync("mesh/restore", $"{{\"roomName\":{Json.Quote(room)},\"state\":{state},\"stamp\":{stamp}{more}}}");

    /// <summary>Opens a session; the client's id is that of the session from now on.</summary>
    public static async Task<JsonElement> OpenSessionAsync(this PlainClient client, string? resume = null, string? clientKey = null)
    {
        string?[] given = [resume is null ? null : $"\"resume\":{Json.Quote(resume)}", clientKey is null ? null : $"\"clientKey\":{Json.Quote(clientKey)}"];
        var answer = await client.RequestAsync("mesh/session", $"{{{string.Join(',', given.Where(it => it is not null))}}}");
        client.Id = answer.GetProperty("connectionId").GetString()!;
        return answer;
    }

    /// <summary>Enters one room and gives its entry of the answer.</summary>
    public static async Task<JsonElement> EnterAsync(this PlainClient client, string room, string more = "")
    {
        var answer = await client.RequestAsync("mesh/enter", $"{{\"rooms\":[{{\"roomName\":{Json.Quote(room)}{more}}}]}}");
        answer.EnumerateObject().Count().ShouldBe(1);
        return answer.GetProperty("rooms").EnumerateArray().Single();
    }

    public static IEnumerable<JsonElement> Diffs(this PlainClient client) => client.Events.Where(it => it.Command == "mesh/presence-diff").Select(it => it.Payload);

    public static string Token(this JsonElement session) => session.GetProperty("token").GetString()!;

    public static string Joined(string room, string id, string timestamp = Json.AnyNumber) => Moved("join", room, id, timestamp);

    public static string Left(string room, string id, string timestamp = Json.AnyNumber) => Moved("leave", room, id, timestamp);

    public static string State(string room, string id, string state, string timestamp = Json.AnyNumber) =>
        $$$"""{"command":"mesh/presence-update","payload":{"type":"state","connectionId":"{{{id}}}","roomName":{{{Json.Quote(room)}}},"state":{{{state}}},"timestamp":{{{timestamp}}}}}""";

    public static string Room(string room) => $"{{\"roomName\":{Json.Quote(room)}}}";

    private static string Moved(string type, string room, string id, string timestamp) =>
        $$$"""{"command":"mesh/presence-update","payload":{"type":"{{{type}}}","connectionId":"{{{id}}}","roomName":{{{Json.Quote(room)}}},"timestamp":{{{timestamp}}}}}""";
}
