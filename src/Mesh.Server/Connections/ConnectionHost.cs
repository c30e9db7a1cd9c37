using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Mesh.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>The life of connections: each WebSocket from its upgrade to its end, the grace after it, and resuming (protocol §5, §8).</summary>
internal sealed class ConnectionHost
{
    private readonly ConnectionRegistry _connections;
    private readonly Sessions _sessions;
    private readonly ConnectionEvents _events;
    private readonly CommandDispatcher _dispatcher;
    private readonly RoomAccess _rooms;
    private readonly UserIdentity _identity;
    private readonly MeshOptions _options;
    private readonly MeshJsonOptions _json;
    private readonly MeshMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<ConnectionHost> _log;

    public ConnectionHost(
        ConnectionRegistry connections,
        Sessions sessions,
        ConnectionEvents events,
        CommandDispatcher dispatcher,
        RoomAccess rooms,
        UserIdentity identity,
        IOptions<MeshOptions> options,
        IOptions<MeshJsonOptions> json,
        IBackplane backplane,
        MeshMetrics metrics,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<ConnectionHost> log)
    {
        (_connections, _sessions, _events, _dispatcher, _rooms) = (connections, sessions, events, dispatcher, rooms);
        (_identity, _options, _json, _metrics, _time, _lifetime, _log) = (identity, options.Value, json.Value, metrics, time, lifetime, log);
        backplane.Received += Broadcast;
        rooms.Store.MembersLost += () => _ = JoinAgainAsync();
        lifetime.ApplicationStopping.Register(CloseAll);
    }

    /// <summary>Runs one WebSocket to its end.</summary>
    public async Task RunAsync(HttpContext http)
    {
        if (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero });
        await using var transport = Open(socket, http);
        using var liveness = new Liveness(transport, _options, _time, seen => _events.Announce(seen.Connection));
        _metrics.Opened();
        if (_lifetime.ApplicationStopping.IsCancellationRequested) Close(transport);
        var end = new TransportEnd(TransportEnd.Dropped, ByServer: false);
        try
        {
            end = await transport.RunAsync(ExecuteAsync);
        }
        catch (Exception failure)
        {
            // The product's own fault: this connection ends like one that dropped, all others go on.
            _log.ConnectionFailed(transport.Connection.Id, failure);
        }
        finally
        {
            _metrics.Closed();
            liveness.Dispose();
            await DetachAsync(transport, end);
            await transport.FinishAsync(end);
        }
    }

    private Transport Open(WebSocket socket, HttpContext http)
    {
        var transport = new Transport(socket, http.Abort, _options, _time, _metrics, http.RequestAborted) { Connection = null! };
        var connection = new MeshConnection(
            NewId(), http.User, _identity.Of(http.User), _json.SerializerOptions, transport, it => new Memberships(it, _rooms));
        transport.Connection = connection;
        _log.Opened(connection.Id);
        transport.TrySend(OutboundFrame.Event(CommandNames.AssignId, connection.Id, ServerJson.Default.String));
        _connections.Add(connection); // Only now, so that no broadcast overtakes the id.
        return transport;
    }

    private async ValueTask ExecuteAsync(Transport transport, InboundFrame frame)
    {
        try
        {
            // A session says itself what it is: a new connection, or one that was announced before.
            if (frame.Command != CommandNames.Session)
            {
                transport.HasHadCommand = true;
                // Not by what was sent before another WebSocket resumed: its token may still be on its way.
                if (transport.Connection.Transport == transport) _sessions.Confirm(transport.Connection);
                _events.Announce(transport.Connection);
            }
            await _dispatcher.ExecuteAsync(transport, frame);
        }
        catch (Exception failure)
        {
            // The product's own fault. Without an end the commands that wait behind it would never be answered.
            _log.ConnectionFailed(transport.Connection.Id, failure);
            transport.RequestClose(CloseCodes.ServerFailed, "the server failed");
        }
    }

    private async ValueTask DetachAsync(Transport transport, TransportEnd end)
    {
        var connection = transport.TakeAway();
        _log.TransportEnded(connection.Id, end.Code, end.ByServer);
        transport.Subscriptions.RemoveAll();
        if (!connection.TryDetach(transport)) return;
        if (connection.Session is { } session && end.Grace(_options) is var grace && grace > TimeSpan.Zero)
        {
            session.BeginGrace(grace, _time, () => _ = EndAsync(connection));
            if (connection.IsClosing) session.CutGrace();
        }
        else
        {
            await EndAsync(connection);
        }
    }

    private async Task EndAsync(MeshConnection connection)
    {
        if (!connection.TryEnd()) return;
        try
        {
            _sessions.Forget(connection);
            _connections.Remove(connection);
            await connection.Memberships.LeaveAllAsync();
            _log.Ended(connection.Id);
        }
        catch (Exception failure)
        {
            _log.ConnectionFailed(connection.Id, failure);
        }
        finally
        {
            _events.Retire(connection);
        }
    }

    private async Task JoinAgainAsync()
    {
        foreach (var connection in _connections.All) await connection.Memberships.JoinAgainAsync();
    }

    private void Broadcast(Broadcast broadcast)
    {
        if (broadcast.Room is not null) return;
        var message = OutboundMessage.Of(broadcast.Frame);
        foreach (var connection in _connections.All)
            if (!broadcast.Except.Contains(connection.Id)) connection.Transport?.TrySend(message);
    }

    private void CloseAll()
    {
        foreach (var connection in _connections.All)
            if (connection.Transport is { } transport) Close(transport);
    }

    private static void Close(Transport transport) => transport.RequestClose(CloseCodes.GoingAway, "the server shuts down");

    // Time first, so that ids sort by age; the rest can't be guessed.
    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[14];
        BinaryPrimitives.WriteInt64BigEndian(bytes, _time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        RandomNumberGenerator.Fill(bytes[6..]);
        return "conn-" + Convert.ToHexStringLower(bytes);
    }
}
