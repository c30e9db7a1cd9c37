using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Mesh.Server;

/// <summary>The sockets to Redis, so that one that is silent can be given up long before the client library would do so.</summary>
/// <param name="inner">A tunnel that is configured besides.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisSockets(Tunnel? inner, TimeProvider time) : Tunnel
{
    private readonly ConcurrentDictionary<(EndPoint Server, ConnectionType Type), Socket> _sockets = new();

    /// <summary>Those that are not answered yet.</summary>
    public RedisAttempts Attempts { get; } = new(time);

    /// <summary>Ends the connection, so that another is made; false if there is none to be ended here.</summary>
    public bool Drop(EndPoint server, ConnectionType type) => _sockets.TryRemove((server, type), out var socket) && End(socket);

    /// <summary>Ends a connection; false if it has ended.</summary>
    public static bool End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
            return true;
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Ends all connections, so that others are made.</summary>
    public void Drop()
    {
        foreach (var (server, type) in _sockets.Keys) Drop(server, type);
    }

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (socket is not null)
        {
            // What was not sent when it is given up must not arrive later, after what is said again over another.
            socket.LingerState = new(true, 0);
            _sockets[(endpoint, connectionType)] = socket;
            Attempts.Begin(endpoint, connectionType, socket);
        }
        return inner is null ? null : await inner.BeforeAuthenticateAsync(endpoint, connectionType, socket, cancellationToken);
    }

    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        inner?.GetSocketConnectEndpointAsync(endpoint, cancellationToken) ?? base.GetSocketConnectEndpointAsync(endpoint, cancellationToken);

    public override ValueTask BeforeSocketConnectAsync(EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
        inner?.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken)
        ?? base.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken);
}
