using Mesh.Client;

namespace Mesh.Bounds;

/// <summary>A user of Mesh.Client in a room: a member, once it publishes, and an observer, as applications have it.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private readonly MeshClient _client;
    private int _connections;
    private long _onlineAt;
    private Presence<State>? _presence;

    private Viewer(string userId, MeshClient client)
    {
        (UserId, _client) = (userId, client);
        _client.Connected += (_, _) =>
        {
            Volatile.Write(ref _onlineAt, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _connections);
        };
    }

    public string UserId { get; }

    public string ConnectionId => _client.ConnectionId!;

    /// <summary>How often it has connected.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>When it last connected.</summary>
    public long OnlineAt => Volatile.Read(ref _onlineAt);

    public Presence<State> Presence => _presence ?? throw new InvalidOperationException("It is in no room.");

    /// <param name="port">The server's, or that of a proxy before it.</param>
    /// <param name="userId">Whose state it publishes.</param>
    public static async Task<Viewer> ConnectAsync(int port, string userId)
    {
        var viewer = new Viewer(userId, new($"ws://127.0.0.1:{port}/", new() { Storage = new MemoryPresenceStorage() }));
        await viewer._client.ConnectAsync();
        return viewer;
    }

    public void Enter(string room, Action<IReadOnlyList<PresenceUser<State>>>? onUpdate = null) =>
        _presence = _client.CreatePresence(new PresenceOptions<State>
        {
            Room = room,
            StorageKey = room,
            StateIdentifier = state => state?.UserId,
            OnUpdate = onUpdate,
        });

    public Task PublishAsync(string mark) => Presence.PublishAsync(new(UserId, mark));

    public async Task LeaveAsync()
    {
        await Presence.DisposeAsync();
        _presence = null;
    }

    /// <summary>Ends the connection with 1000.</summary>
    public Task CloseAsync() => _client.CloseAsync();

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
