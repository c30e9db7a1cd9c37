using System.Text;

namespace Mesh.Fuzz;

/// <summary>Someone else at the same server: in a room that is theirs alone, and in one that is everybody's.</summary>
internal sealed class Bystander(FuzzedServer server)
{
    private static readonly string[] Probes =
    [
        """{"id":"alive","command":"mesh/noop"}""",
        $$$"""{"id":"private","command":"mesh/get-presence-state","payload":{"roomName":"{{{App.Private}}}"}}""",
        $$$"""{"id":"lobby","command":"mesh/get-presence-state","payload":{"roomName":"{{{App.Lobby}}}"}}""",
        """{"id":"metadata","command":"mesh/get-my-connection-metadata"}""",
    ];

    private readonly Visitor _visitor = new(server, App.Bystander);
    private string _expected = "";

    public string ConnectionId => _visitor.ConnectionId;

    public async ValueTask OpenAsync()
    {
        _visitor.Open();
        _visitor.SendText("""{"id":1,"command":"mesh/session","payload":{"clientKey":"of the bystander"}}""");
        _visitor.SendText($$"""{"id":2,"command":"mesh/enter","payload":{"rooms":[{{Entry(App.Private, "mine")}},{{Entry(App.Lobby, "stand by")}}]} }""");
        _visitor.SendText("""{"id":3,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"by":"stander"}}}""");
        await Pool.QuietAsync();
        _visitor.Take();
        _expected = await AskAsync();
        if (!_expected.Contains("stand by", StringComparison.Ordinal) || !_expected.Contains("mine", StringComparison.Ordinal))
            throw new InvalidOperationException($"The bystander is not in its rooms: {_expected}");
    }

    public void AnswerPings() => _visitor.Take(answersPings: true);

    /// <summary>What is not as it was; null if all is.</summary>
    public async ValueTask<string?> ProbeAsync()
    {
        var answered = await AskAsync();
        return answered == _expected ? null : $"the bystander (closed: {_visitor.CloseCode}) was answered {answered}, not {_expected}";
    }

    private static string Entry(string room, string state) => $$"""{"roomName":"{{room}}","publish":{"state":["{{state}}"]} }""";

    private async ValueTask<string> AskAsync()
    {
        AnswerPings();
        foreach (var probe in Probes) _visitor.SendText(probe);
        await Pool.QuietAsync();
        return string.Join('\n', _visitor.Take(answersPings: true).Where(it => it.AsSpan().StartsWith("{\"id\":"u8)).Select(Encoding.UTF8.GetString));
    }
}
