using System.Text;
using System.Text.Json;

namespace Mesh.Server.Tests.Commands;

/// <summary>Protocol §2 and §3: what the server answers to each case of frames.json, over a real WebSocket.</summary>
public sealed class FrameVectors : IAsyncLifetime
{
    private static readonly Dictionary<string, JsonElement> Cases =
        Json.Vectors("frames.json").ToDictionary(it => it.GetProperty("name").GetString()!, StringComparer.Ordinal);

    private TestServer _server = null!;

    public static IEnumerable<TheoryDataRow<string>> Names => Cases.Keys.Select(name => new TheoryDataRow<string>(name) { TestDisplayName = $"frames.json: {name}" });

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Are_answered_just_so(string name)
    {
        var vector = Cases[name];
        await using var bystander = await _server.ConnectAsync();
        await using var client = await _server.ConnectAsync();
        var bytes = vector.TryGetProperty("hex", out var hex) ? Convert.FromHexString(hex.GetString()!) : Encoding.UTF8.GetBytes(vector.GetProperty("text").GetString()!);

        await client.SendBytesAsync(bytes);

        var reaction = vector.TryGetProperty("reaction", out var told) ? told.GetString() : null;
        if (reaction == "close 1007") (await client.Closed).ShouldBe(CloseCodes.NotJson);
        else if (reaction == "EINVALID") await ShouldBeRefusedAsync(client, "", "EINVALID");
        else if (reaction == "ignored") await ShouldBeIgnoredAsync(client);
        else await ShouldBeTakenAsync(client, vector.GetProperty("frame"));
        await bystander.FenceAsync();
    }

    private static async Task ShouldBeTakenAsync(PlainClient client, JsonElement frame)
    {
        var command = frame.GetProperty("command").GetString()!;
        if (command is "pong" or "latency:response") await ShouldBeIgnoredAsync(client);
        else if (command is "echo" or "mesh/noop")
        {
            var answer = await FirstAnswerAsync(client);
            answer.Command.ShouldBe(command);
            answer.Id.ShouldBe(frame.GetProperty("id").GetRawText());
            if (command == "mesh/noop") answer.Payload.GetRawText().ShouldBe("true");
            else if (frame.TryGetProperty("payload", out var payload)) answer.Payload.GetRawText().ShouldBe(payload.GetRawText());
            else answer.Root.TryGetProperty("payload", out _).ShouldBeFalse();
        }
        else await ShouldBeRefusedAsync(client, command, "ENOTFOUND");
    }

    private static async Task ShouldBeRefusedAsync(PlainClient client, string command, string code)
    {
        var answer = await FirstAnswerAsync(client);
        answer.Command.ShouldBe(command);
        answer.Payload.ShouldBe($$"""{"error":"<text>","code":"{{code}}","name":"CommandError"}""");
    }

    private static async Task ShouldBeIgnoredAsync(PlainClient client)
    {
        await client.FenceAsync();
        client.Frames.Count.ShouldBe(2);
    }

    private static async Task<Frame> FirstAnswerAsync(PlainClient client)
    {
        await client.UntilAsync(() => client.Frames.Count > 1);
        return client.Frames[1];
    }
}
