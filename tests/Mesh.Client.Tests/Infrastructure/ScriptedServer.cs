using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Mesh.Client.Tests;

/// <summary>A server of one connection that says what a test says, in the order in which it does: sessions it opens by itself.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string SoundSession = """{"connectionId":"me","resumed":false,"token":"token"}""";

    private readonly Channel<JsonElement> _requests = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource _sessionAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebSocketHost _host = null!;
    private WebSocket _webSocket = null!;
    private CancellationToken _end;

    private ScriptedServer()
    {
    }

    public string Url => _host.Url;

    /// <summary>Completed once a session was answered.</summary>
    public Task SessionAnswered => _sessionAnswered.Task;

    /// <summary>What the next session is answered.</summary>
    public string Session { get; set; } = SoundSession;

    /// <summary>All requests but those of sessions, as they come, where a test answers them so.</summary>
    public Func<JsonElement, Task>? OnRequest { get; set; }

    public static async Task<ScriptedServer> StartAsync()
    {
        var server = new ScriptedServer();
        server._host = await WebSocketHost.StartAsync(server.RunAsync);
        return server;
    }

    /// <summary>The next request, which is of this command.</summary>
    public async Task<JsonElement> ReceiveAsync(string command)
    {
        var request = await _requests.Reader.ReadAsync().AsTask().InTimeAsync();
        request.GetProperty("command").GetString().ShouldBe(command);
        return request;
    }

    public Task AnswerAsync(JsonElement request, string payload) =>
        SendAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"id":{{request.GetProperty("id").GetRawText()}},"command":"{{request.GetProperty("command").GetString()}}","payload":{{payload}}}"""));

    public Task TellAsync(string command, string payload) => SendAsync($$"""{"command":"{{command}}","payload":{{payload}}}""");

    /// <summary>Says anything.</summary>
    public Task SayAsync(string text) => SendAsync(text);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task RunAsync(WebSocket webSocket, CancellationToken end)
    {
        (_webSocket, _end) = (webSocket, end);
        await TellAsync("mesh/assign-id", "\"me\"");
        var buffer = new byte[64 * 1024];
        try
        {
            while (await _webSocket.ReceiveAsync(buffer, _end) is { MessageType: WebSocketMessageType.Text, Count: var length })
                await TakeAsync(JsonElement.Parse(buffer.AsSpan(0, length)));
            // Or else the client waits for it.
            await _webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _end);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
        {
            // As the test ends.
        }
    }

    private async Task TakeAsync(JsonElement request)
    {
        if (request.GetProperty("command").GetString() == "mesh/session")
        {
            await AnswerAsync(request, Session);
            _sessionAnswered.TrySetResult();
        }
        else if (OnRequest is { } answer) await answer(request);
        else await _requests.Writer.WriteAsync(request);
    }

    private Task SendAsync(string frame) => _webSocket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, _end);
}
