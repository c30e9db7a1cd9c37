using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Testing;

/// <summary>
/// A server as there were before sessions: it speaks the frames of protocol §3 to §7, to the letter, answers <c>ENOTFOUND</c>
/// to commands that are not there, and writes down every request that has anything in it which is not there either.
/// </summary>
public sealed class PlainServer : IAsyncDisposable
{
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["mesh/noop"] = [],
        ["mesh/join-room"] = ["roomName"],
        ["mesh/leave-room"] = ["roomName"],
        ["mesh/subscribe-presence"] = ["roomName"],
        ["mesh/unsubscribe-presence"] = ["roomName"],
        ["mesh/publish-presence-state"] = ["roomName", "state", "expireAfter", "silent"],
        ["mesh/clear-presence-state"] = ["roomName"],
        ["mesh/get-presence-state"] = ["roomName"],
        ["mesh/set-my-connection-metadata"] = ["metadata", "options"],
    };

    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private readonly List<PlainConnection> _connections = [];
    private readonly Dictionary<string, PlainRoom> _rooms = new(StringComparer.Ordinal);
    private readonly List<string> _violations = [];
    private readonly List<string> _commands = [];
    private int _lastId;

    private PlainServer(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single().Replace("http", "ws", StringComparison.Ordinal);

    /// <summary>What was sent that a server of before does not know, but for the question whether it knows sessions.</summary>
    public IReadOnlyList<string> Violations
    {
        get { lock (_gate) return [.. _violations]; }
    }

    /// <summary>The commands so far, without answers to pings.</summary>
    public IReadOnlyList<string> Commands
    {
        get { lock (_gate) return [.. _commands]; }
    }

    public static async Task<PlainServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var server = new PlainServer(builder.Build());
        server._app.UseWebSockets();
        server._app.Run(server.RunAsync);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Ends all connections without a farewell.</summary>
    public void Drop()
    {
        lock (_gate)
            foreach (var connection in _connections) connection.Abort();
    }

    public void Ping() => ToAll("ping", new JsonObject());

    public void Broadcast(string command, JsonNode payload) => ToAll(command, payload);

    public async ValueTask DisposeAsync()
    {
        Drop();
        await _app.DisposeAsync();
    }

    private void ToAll(string command, JsonNode payload)
    {
        lock (_gate)
            foreach (var connection in _connections) connection.Send(new() { ["command"] = command, ["payload"] = payload.DeepClone() });
    }

    private async Task RunAsync(HttpContext http)
    {
        using var webSocket = await http.WebSockets.AcceptWebSocketAsync();
        var connection = new PlainConnection($"conn-mwub7aje{Interlocked.Increment(ref _lastId):x12}", webSocket, http.Abort);
        lock (_gate) _connections.Add(connection);
        connection.Send(new() { ["command"] = "mesh/assign-id", ["payload"] = connection.Id });
        await connection.ReadAsync(text =>
        {
            lock (_gate) Take(connection, text);
        });
        lock (_gate)
        {
            _connections.Remove(connection);
            foreach (var room in _rooms.Values) room.End(connection);
        }
        await connection.EndAsync();
    }

    private void Take(PlainConnection connection, string text)
    {
        if (JsonNode.Parse(text) is not JsonObject frame || frame["id"] is not { } id || (string?)frame["command"] is not { } command || frame.Count != 3 || frame["payload"] is not JsonObject payload)
        {
            _violations.Add(text);
            return;
        }
        if (command is "pong" or "latency:response") return;
        _commands.Add(command);
        if (Known.TryGetValue(command, out var members) ? payload.Any(it => !members.Contains(it.Key, StringComparer.Ordinal)) : command != "mesh/session") _violations.Add(text);
        connection.Send(new() { ["id"] = id.DeepClone(), ["command"] = command, ["payload"] = Result(connection, command, payload) });
    }

    private JsonNode? Result(PlainConnection connection, string command, JsonObject payload)
    {
        if (command == "mesh/noop") return true;
        if (command == "mesh/set-my-connection-metadata") return connection.SetMetadata(payload["metadata"]);
        if (!Known.ContainsKey(command)) return new JsonObject { ["error"] = $"Command \"{command}\" not found", ["code"] = "ENOTFOUND", ["name"] = "CommandError" };
        var name = (string)payload["roomName"]!;
        if (!_rooms.TryGetValue(name, out var room)) _rooms[name] = room = new(name);
        return command switch
        {
            "mesh/join-room" => room.Join(connection),
            "mesh/leave-room" => room.Leave(connection),
            "mesh/subscribe-presence" => room.Subscribe(connection),
            "mesh/unsubscribe-presence" => room.Unsubscribe(connection),
            "mesh/publish-presence-state" => room.Publish(connection, payload["state"], (bool?)payload["silent"] is true),
            "mesh/clear-presence-state" => room.Clear(connection),
            _ => room.States(),
        };
    }
}
