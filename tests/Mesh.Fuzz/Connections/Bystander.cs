using System.Text;
using System.Text.Json;

namespace Mesh.Fuzz;

/// <summary>
/// Someone else at the same server: in a room that is theirs alone, and in one that is everybody's, whose roster it keeps by diffs.
/// </summary>
internal sealed class Bystander(FuzzedServer server)
{
    private static ReadOnlySpan<byte> Diff => "{\"command\":\"mesh/presence-diff\","u8;

    private static readonly string[] Probes =
    [
        """{"id":"alive","command":"mesh/noop"}""",
        $$$"""{"id":"private","command":"mesh/get-presence-state","payload":{"roomName":"{{{App.Private}}}"}}""",
        $$$"""{"id":"lobby","command":"mesh/get-presence-state","payload":{"roomName":"{{{App.Lobby}}}"}}""",
        """{"id":"metadata","command":"mesh/get-my-connection-metadata"}""",
    ];

    private static readonly TimeSpan Flush = TimeSpan.FromMilliseconds(100);

    private readonly Visitor _visitor = new(server, App.Bystander);
    private readonly RosterReplica _lobby = new();
    private string _expected = "";

    public string ConnectionId => _visitor.ConnectionId;

    public async ValueTask OpenAsync()
    {
        _visitor.Open();
        _visitor.SendText("""{"id":1,"command":"mesh/session","payload":{"clientKey":"of the bystander"}}""");
        _visitor.SendText($$"""{"id":2,"command":"mesh/enter","payload":{"rooms":[{{Entry(App.Private, "mine")}},{{Entry(App.Lobby, "stand by")}}]} }""");
        _visitor.SendText("""{"id":3,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"by":"stander"}}}""");
        await Pool.QuietAsync();
        foreach (var message in _visitor.Take())
            if (message.AsSpan().StartsWith("{\"id\":2,"u8)) Enter(message);
        _expected = await AskAsync();
        if (!_expected.Contains("stand by", StringComparison.Ordinal) || !_expected.Contains("mine", StringComparison.Ordinal))
            throw new InvalidOperationException($"The bystander is not in its rooms: {_expected}");
    }

    public void AnswerPings() => Take();

    /// <summary>What is not as it was; null if all is.</summary>
    public async ValueTask<string?> ProbeAsync()
    {
        var answered = await AskAsync();
        if (answered != _expected) return $"the bystander (closed: {_visitor.CloseCode}) was answered {answered}, not {_expected}";
        // The last change may be a moment old.
        if (!_lobby.IsCurrent || _lobby.Roster!.At < (await server.Mesh.Room(App.Lobby).ReadAsync()).At) await server.PassAsync(Flush, AnswerPings);
        var truth = await server.Mesh.Room(App.Lobby).ReadAsync();
        return _lobby.IsCurrent && truth.Equals(_lobby.Roster) ? null : $"the bystander sees (current: {_lobby.IsCurrent}) {Show(_lobby.Roster!)}, not {Show(truth)}";
    }

    private static string Entry(string room, string state) => $$"""{"roomName":"{{room}}","publish":{"state":["{{state}}"]} }""";

    private async ValueTask<string> AskAsync()
    {
        AnswerPings();
        foreach (var probe in Probes) _visitor.SendText(probe);
        await Pool.QuietAsync();
        return string.Join('\n', Take().Where(it => it.AsSpan().StartsWith("{\"id\":"u8)).Select(Encoding.UTF8.GetString));
    }

    private List<byte[]> Take()
    {
        var messages = _visitor.Take(answersPings: true);
        foreach (var message in messages)
            if (message.AsSpan().StartsWith(Diff)) Receive(message);
        return messages;
    }

    private void Enter(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        _lobby.Receive(document.RootElement.GetProperty("payload"u8).GetProperty("rooms"u8)[1].GetProperty("snapshot"u8).Deserialize(ProtocolJson.Default.Roster)!);
    }

    private void Receive(byte[] message)
    {
        using var document = JsonDocument.Parse(message, new() { MaxDepth = 2 * InboundFrame.DeepestNesting });
        var diff = document.RootElement.GetProperty("payload"u8).Deserialize(ProtocolJson.Default.RosterDiff)!;
        if (diff.RoomName == App.Lobby) _lobby.Receive(diff);
    }

    private static string Show(Roster roster) => JsonSerializer.Serialize(roster, ProtocolJson.Default.Roster);
}
