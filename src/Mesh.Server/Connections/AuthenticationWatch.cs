using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>Ends connections whose authentication is over: it expired, or the application revoked it (protocol §8).</summary>
internal sealed class AuthenticationWatch
{
    private const string Revoked = "revoked", Expired = "expired";

    // Longer than a timer runs; by then it is looked at again.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private readonly ConnectionRegistry _connections;
    private readonly Revocations _revocations;
    private readonly TimeProvider _time;
    private readonly ILogger<AuthenticationWatch> _log;

    public AuthenticationWatch(ConnectionRegistry connections, Revocations revocations, IBackplane backplane, TimeProvider time, ILogger<AuthenticationWatch> log)
    {
        (_connections, _revocations, _time, _log) = (connections, revocations, time, log);
        backplane.Revoked += Revoke;
    }

    /// <summary>Watches the authentication of the connection that has this WebSocket, until that ends or the result is disposed.</summary>
    public IDisposable Watch(Transport transport)
    {
        EndIfRevoked(transport.Connection, transport.Authentication);
        return new Watching(this, transport);
    }

    /// <summary>Ends a connection that was not there yet when its user was revoked, and was authenticated before.</summary>
    public void EndIfRevoked(MeshConnection connection, Authentication by)
    {
        if (_revocations.Include(connection.UserId, by.Request.Revocations)) End(connection, Revoked);
    }

    /// <summary>Ends all connections of a verified user on this node, also those within their grace.</summary>
    private void Revoke(string userId)
    {
        // First noted: who is added to the connections from now on looks there.
        _revocations.Add(userId);
        foreach (var connection in _connections.All)
            if (connection.UserId == userId) End(connection, Revoked);
    }

    private void End(MeshConnection connection, string reason)
    {
        _log.AuthenticationEnded(connection.Id, reason);
        connection.Close(CloseCodes.AuthenticationEnded, Why(reason));
    }

    private static string Why(string reason) => $"authentication {reason}";

    private sealed class Watching : IDisposable
    {
        private readonly AuthenticationWatch _owner;
        private readonly Transport _transport;
        private readonly ITimer _timer;

        public Watching(AuthenticationWatch owner, Transport transport)
        {
            (_owner, _transport) = (owner, transport);
            _timer = owner._time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            transport.AuthenticationRenewed = Look;
            Look();
        }

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            if (_transport.Authentication.LastsFor(_owner._time) is not { } left) _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            else if (left > TimeSpan.Zero) _timer.Change(left < Longest ? RoundedUp(left) : Longest, Timeout.InfiniteTimeSpan);
            else End();
        }

        // Once another WebSocket has resumed its connection, only this one's end is due.
        private void End()
        {
            if (_transport.Connection.TryBeginClosing(_transport)) _owner._log.AuthenticationEnded(_transport.Connection.Id, Expired);
            _transport.RequestClose(CloseCodes.AuthenticationEnded, Why(Expired));
        }

        // Timers count whole milliseconds, and one that is early by a part of one would look twice.
        private static TimeSpan RoundedUp(TimeSpan left) => TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }
}
