using System.Net.WebSockets;
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
    private readonly ConnectionFactory _factory;
    private readonly Endings _endings;
    private readonly AuthenticationWatch _authentications;
    private readonly MeshOptions _options;
    private readonly MeshMetrics _metrics;
    private readonly SnapshotsUnderWay _snapshots;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<ConnectionHost> _log;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectionHost(
        ConnectionRegistry connections,
        Sessions sessions,
        ConnectionEvents events,
        CommandDispatcher dispatcher,
        ConnectionFactory factory,
        Endings endings,
        AuthenticationWatch authentications,
        Restoration restoration,
        Drain drain,
        IOptions<MeshOptions> options,
        IBackplane backplane,
        MeshMetrics metrics,
        SnapshotsUnderWay snapshots,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<ConnectionHost> log)
    {
        (_connections, _sessions, _events, _dispatcher) = (connections, sessions, events, dispatcher);
        (_factory, _endings, _authentications) = (factory, endings, authentications);
        (_options, _metrics, _snapshots, _time, _lifetime, _log) = (options.Value, metrics, snapshots, time, lifetime, log);
        backplane.Received += Broadcast;
        restoration.Begin();
        lifetime.ApplicationStopping.Register(() => _ = StopAsync(drain));
    }

    /// <summary>Runs one WebSocket to its end. <paramref name="closed"/> is called when nothing of it is kept but what a handler that does not end holds, before all is done that follows from that.</summary>
    public async Task RunAsync(HttpContext http, Action closed)
    {
        if (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero });
        await using var transport = Open(socket, http);
        using var liveness = new Liveness(transport, _options, _time, seen => _events.Announce(seen.Connection));
        using var authentication = _authentications.Watch(transport);
        _metrics.Opened();
        if (_lifetime.ApplicationStopping.IsCancellationRequested) Drain.Close(transport);
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
            authentication.Dispose();
            var detached = DetachAsync(transport, end);
            try
            {
                // Whoever says goodbye, and is answered, is gone for all.
                if (end.Code != TransportEnd.Dropped) await detached;
                await transport.FinishAsync(end);
            }
            finally
            {
                closed();
            }
            await detached;
        }
    }

    private Transport Open(WebSocket socket, HttpContext http)
    {
        var authentication = Authentication.Of(http);
        var transport = new Transport(socket, http.Abort, authentication, _options, _time, _metrics, _snapshots, _log, http.RequestAborted) { Connection = null! };
        var connection = _factory.Open(transport, authentication.User);
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

    private async Task DetachAsync(Transport transport, TransportEnd end)
    {
        var connection = transport.TakeAway();
        _log.TransportEnded(connection.Id, end.Code, end.ByServer);
        transport.Subscriptions.RemoveAll();
        if (!connection.TryDetach(transport)) return;
        if (connection.Session is not null && GraceOf(transport, end) is var grace && grace > TimeSpan.Zero) _endings.BeginGrace(connection, grace);
        else await SayGoodbyeAfterAsync(_endings.EndAsync(connection));
    }

    // A store that is away keeps nobody waiting for an answer to a goodbye.
    private async Task SayGoodbyeAfterAsync(Task ending)
    {
        if (!ending.IsCompleted) await Task.WhenAny(ending, _stopped.Task, Task.Delay(_options.CloseTimeout, _time));
    }

    // A connection is no longer there than its authentication is valid.
    private TimeSpan GraceOf(Transport transport, TransportEnd end)
    {
        var grace = end.Grace(_options);
        return transport.Authentication.LastsFor(_time) is { } left && left < grace ? left : grace;
    }

    // What the store can't be told now must not keep the server from its end: then the node's lease ends for all.
    private async Task StopAsync(Drain drain)
    {
        await drain.RunAsync();
        await Task.Delay(_options.CloseTimeout, _time);
        _stopped.TrySetResult();
    }

    private void Broadcast(Broadcast broadcast)
    {
        if (broadcast.Room is not null) return;
        var message = OutboundMessage.Of(broadcast.Frame);
        foreach (var connection in _connections.All)
            if (!broadcast.Except.Contains(connection.Id)) connection.Transport?.TrySend(message);
    }
}
