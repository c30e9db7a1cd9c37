namespace Mesh.Bounds;

/// <summary>A member of an audience's room, seen by all, over a network of its own that can fail.</summary>
internal sealed class Guest : IAsyncDisposable
{
    private readonly Audience _audience;
    private readonly string _userId;
    private TcpProxy _network;
    private BareConnection _connection;

    private Guest(Audience audience, string userId, TcpProxy network, BareConnection connection) =>
        (_audience, _userId, _network, _connection) = (audience, userId, network, connection);

    /// <summary>As a session.</summary>
    public static async Task<Guest> EnterAsync(int port, string userId, Audience audience)
    {
        var guest = await ConnectAsync(port, userId, audience);
        await guest._connection.OpenSessionAsync();
        await guest.BeSeenAsync(() => guest._connection.EnterAsync(audience.Room, new(userId, "")));
        return guest;
    }

    /// <summary>As a plain client, which knows no sessions.</summary>
    public static async Task<Guest> JoinAsync(int port, string userId, Audience audience)
    {
        var guest = await ConnectAsync(port, userId, audience);
        await guest.BeSeenAsync(() => guest._connection.JoinPlainAsync(audience.Room, new(userId, "")));
        return guest;
    }

    /// <returns>The milliseconds from the end of the connection until the last receiver saw the leave.</returns>
    public async Task<double> LeaveTimeAsync(TimeSpan bound, Func<Task> end)
    {
        using var left = _audience.AwaitLeave(_connection.ConnectionId, _userId);
        var started = Stopwatch.GetTimestamp();
        await end();
        return await left.SeenByAllAsync(started, Promised.Patience(bound));
    }

    /// <summary>As a page that is closed, or reloaded.</summary>
    public Task ClosePageAsync() => _connection.CloseAsync(1001);

    /// <summary>With a reset, as when the network goes away.</summary>
    public Task DropAsync()
    {
        _network.Drop();
        return Task.CompletedTask;
    }

    /// <summary>Nothing comes or goes any more, and nobody is told.</summary>
    public Task FallSilentAsync()
    {
        _network.BlackHole();
        return Task.CompletedTask;
    }

    /// <summary>In good order, so that nothing of it is seen later.</summary>
    public Task LeaveAsync() => LeaveTimeAsync(Promised.AtOnce, () => _connection.CloseAsync(1000));

    /// <summary>As the same session, on a new connection.</summary>
    public async Task ResumeAsync(int port)
    {
        var (before, network) = (_connection, _network);
        _network = new TcpProxy(port);
        _connection = await BareConnection.ConnectAsync(_network.Port);
        if (!await _connection.OpenSessionAsync(before.Token)) throw new InvalidOperationException("The session was not there any more.");
        await _connection.EnterAsync(_audience.Room);
        await before.DisposeAsync();
        await network.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _network.DisposeAsync();
    }

    private static async Task<Guest> ConnectAsync(int port, string userId, Audience audience)
    {
        var network = new TcpProxy(port);
        return new(audience, userId, network, await BareConnection.ConnectAsync(network.Port));
    }

    private async Task BeSeenAsync(Func<Task> join)
    {
        using var joined = _audience.AwaitJoin(_connection.ConnectionId, _userId);
        await join();
        await joined.SeenByAllAsync(0, Patience.Limit);
    }
}
