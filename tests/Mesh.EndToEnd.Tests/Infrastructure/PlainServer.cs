using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// A server as there were before sessions: it speaks the frames of protocol §6 and §7, and answers ENOTFOUND to all that Mesh
/// has added. It records the commands it got.
/// </summary>
public sealed class PlainServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PlainConnection> _members = [];
    private readonly HashSet<PlainConnection> _connections = [];
    private readonly HashSet<PlainConnection> _subscribers = [];
    private readonly List<string> _commands = [];
    private readonly WebApplication _app;
    private int _lastId;

    private PlainServer(WebApplication app) => _app = app;

    /// <summary>For clients.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single().Replace("http", "ws", StringComparison.Ordinal);

    /// <summary>The names of all commands so far that were no pong.</summary>
    public IReadOnlyList<string> Commands
    {
        get { lock (_gate) return [.. _commands]; }
    }

    public static async Task<PlainServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
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

    public async ValueTask DisposeAsync()
    {
        Drop();
        await _app.DisposeAsync();
    }

    private async Task RunAsync(HttpContext http)
    {
        using var webSocket = await http.WebSockets.AcceptWebSocketAsync();
        var connection = new PlainConnection($"conn-{Interlocked.Increment(ref _lastId)}", webSocket, http.Abort);
        lock (_gate) _connections.Add(connection);
        connection.Send(new() { ["command"] = "mesh/assign-id", ["payload"] = connection.Id });
        try
        {
            while (await connection.ReadAsync() is { } frame) Execute(connection, frame);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
        {
            // It dropped.
        }
        lock (_gate)
        {
            _connections.Remove(connection);
            _subscribers.Remove(connection);
            Leave(connection);
        }
        await connection.EndAsync();
    }

    private void Execute(PlainConnection connection, JsonObject frame)
    {
        var command = (string)frame["command"]!;
        if (command == "pong") return;
        lock (_gate)
        {
            _commands.Add(command);
            var result = Result(connection, command, frame["payload"] as JsonObject ?? []);
            connection.Send(new() { ["id"] = frame["id"]!.DeepClone(), ["command"] = command, ["payload"] = result });
        }
    }

    // All rooms are one: the scenarios need no more.
    private JsonNode Result(PlainConnection connection, string command, JsonObject payload)
    {
        var present = () => new JsonArray([.. _members.Select(member => new JsonObject { ["id"] = member.Id, ["metadata"] = null })]);
        var states = () => new JsonObject(_members.Where(member => member.State is not null).Select(member => KeyValuePair.Create(member.Id, member.State?.DeepClone())));
        switch (command)
        {
            case "mesh/noop":
                return true;
            case "mesh/join-room":
                if (!_members.Contains(connection)) _members.Add(connection);
                Tell(connection, "join", payload);
                return new JsonObject { ["success"] = true, ["present"] = present() };
            case "mesh/leave-room":
                Leave(connection);
                return new JsonObject { ["success"] = true };
            case "mesh/subscribe-presence":
                _subscribers.Add(connection);
                return new JsonObject { ["success"] = true, ["present"] = present(), ["states"] = states() };
            case "mesh/unsubscribe-presence":
                return _subscribers.Remove(connection);
            case "mesh/publish-presence-state" when _members.Contains(connection):
                connection.State = payload["state"]!.DeepClone();
                Tell(connection, "state", payload);
                return true;
            case "mesh/clear-presence-state" when connection.State is not null:
                connection.State = null;
                Tell(connection, "state", payload);
                return true;
            case "mesh/publish-presence-state" or "mesh/clear-presence-state":
                return false;
            case "mesh/get-presence-state":
                return new JsonObject { ["success"] = true, ["present"] = new JsonArray([.. _members.Select(member => (JsonNode)member.Id)]), ["states"] = states() };
            default:
                return new JsonObject { ["error"] = $"Command \"{command}\" not found", ["code"] = "ENOTFOUND", ["name"] = "CommandError" };
        }
    }

    private void Leave(PlainConnection connection)
    {
        if (!_members.Remove(connection)) return;
        connection.State = null;
        Tell(connection, "leave", []);
    }

    private void Tell(PlainConnection connection, string type, JsonObject payload)
    {
        foreach (var subscriber in _subscribers)
        {
            var update = new JsonObject
            {
                ["type"] = type,
                ["connectionId"] = connection.Id,
                ["roomName"] = (string?)payload["roomName"] ?? "general",
                ["timestamp"] = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            if (type == "state") update["state"] = connection.State?.DeepClone();
            subscriber.Send(new() { ["command"] = "mesh/presence-update", ["payload"] = update });
        }
    }
}
