using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Mesh.Client.Tests;

/// <summary>A server of which each WebSocket says what a test says, when it does: the session, too.</summary>
internal sealed class ScriptedSession : IAsyncDisposable
{
    private readonly Channel<Connection> _connections = Channel.CreateUnbounded<Connection>();
    private WebSocketHost _host = null!;

    private ScriptedSession()
    {
    }

    public string Url => _host.Url;

    public static async Task<ScriptedSession> StartAsync()
    {
        var server = new ScriptedSession();
        server._host = await WebSocketHost.StartAsync(server.RunAsync);
        return server;
    }

    /// <summary>The next WebSocket, which asks for the session.</summary>
    /// <param name="resume">The token that it asks with.</param>
    public async Task<Connection> AcceptAsync(string? resume)
    {
        var connection = await _connections.Reader.ReadAsync().AsTask().InTimeAsync();
        var session = await connection.ReceiveAsync("mesh/session");
        (session.GetProperty("payload").TryGetProperty("resume", out var token) ? token.GetString() : null).ShouldBe(resume);
        return connection;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task RunAsync(WebSocket webSocket, CancellationToken end)
    {
        var connection = new Connection(webSocket, end);
        await _connections.Writer.WriteAsync(connection, end);
        await connection.RunAsync();
    }

    internal sealed class Connection(WebSocket webSocket, CancellationToken end)
    {
        private readonly Channel<JsonElement> _requests = Channel.CreateUnbounded<JsonElement>();
        private readonly TaskCompletionSource<int?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private JsonElement _last;

        /// <summary>The code that the client closed it with; null if it did so without a word.</summary>
        public Task<int?> Ended => _ended.Task.InTimeAsync();

        /// <summary>The next request, which is of this command.</summary>
        public async Task<JsonElement> ReceiveAsync(string command)
        {
            _last = await _requests.Reader.ReadAsync().AsTask().InTimeAsync();
            _last.GetProperty("command").GetString().ShouldBe(command);
            return _last;
        }

        /// <summary>Answers the request received last.</summary>
        public Task AnswerAsync(string payload) => webSocket.SendAsync(
            Encoding.UTF8.GetBytes($$"""{"id":{{_last.GetProperty("id").GetRawText()}},"command":"{{_last.GetProperty("command").GetString()}}","payload":{{payload}}}"""),
            WebSocketMessageType.Text,
            endOfMessage: true,
            end);

        /// <summary>Answers the request for the session.</summary>
        public Task OpenAsync(bool resumed, string token, long? authenticatedFor = null) =>
            AnswerAsync($$"""{"connectionId":"me","resumed":{{(resumed ? "true" : "false")}},"token":"{{token}}","pingInterval":100000000{{(authenticatedFor is null ? "" : $",\"authenticatedFor\":{authenticatedFor}")}}}""");

        public Task CloseAsync(int code) => webSocket.CloseOutputAsync((WebSocketCloseStatus)code, "", end);

        public void Drop() => webSocket.Abort();

        public async Task RunAsync()
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await webSocket.ReceiveAsync(buffer, end) is { MessageType: WebSocketMessageType.Text, Count: var length })
                    await _requests.Writer.WriteAsync(JsonElement.Parse(buffer.AsSpan(0, length)), end);
                _ended.TrySetResult((int?)webSocket.CloseStatus);
            }
            catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
            {
                _ended.TrySetResult(null);
            }
        }
    }
}
