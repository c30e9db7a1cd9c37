using System.Net.WebSockets;
using Mesh.Client;

namespace Mesh.Simulation;

/// <summary>A tab of a user: the product's client over simulated WebSockets, and the application's helpers in it.</summary>
internal sealed class SimulatedClient
{
    private readonly Dictionary<string, Presence<SimulatedState>> _presences = new(StringComparer.Ordinal);
    private readonly World _world;
    private readonly MeshClient _client;

    public SimulatedClient(World world, SimulatedUser user, Device device, Machine machine)
    {
        (_world, User, Device, Machine, BeganAt) = (world, user, device, machine, world.Timeline.Now);
        _client = new("ws://mesh.test/", new()
        {
            TimeProvider = machine.Clock,
            Storage = device.Storage,
            ClientKey = user.ClientKey,
            Jitter = world.Random.NextDouble,
            LoggerFactory = world.NewLog(machine),
            Dial = DialAsync,
        });
        _ = Watched(_client.ConnectAsync());
    }

    public SimulatedUser User { get; }

    public Device Device { get; }

    public Machine Machine { get; }

    public TimeSpan BeganAt { get; }

    /// <summary>False once it was closed or has crashed.</summary>
    public bool IsThere => EndedAt is null;

    /// <summary>When that was.</summary>
    public TimeSpan? EndedAt { get; private set; }

    public MeshClientStatus Status => _client.Status;

    public string? ConnectionId => _client.ConnectionId;

    /// <summary>The rooms it is in, as far as the application goes.</summary>
    public IReadOnlyCollection<string> Rooms => _presences.Keys;

    public bool IsIn(string room) => IsThere && _presences.ContainsKey(room);

    public IReadOnlyList<PresenceUser<SimulatedState>> Users(string room) => _presences[room].Users;

    public bool IsFresh(string room) => _presences[room].IsFresh;

    /// <summary>The roster behind the view.</summary>
    public Roster? Roster(string room)
    {
        lock (_client.Gate.Lock) return _client.Rooms.Get(room).Feed.Shown;
    }

    public void Enter(string room)
    {
        if (!IsThere || _presences.ContainsKey(room)) return;
        _presences[room] = _client.CreatePresence(
            new PresenceOptions<SimulatedState>
            {
                Room = room,
                StorageKey = room,
                StateIdentifier = static state => state?.User,
                OnUpdate = users => _world.Ledger.Saw(this, room, users),
            },
            SimulatedJson.Default.SimulatedState);
    }

    public void Leave(string room)
    {
        if (!IsThere || !_presences.Remove(room, out var presence)) return;
        _world.Disturb(User);
        _world.Ledger.Left(this, room);
        _ = Watched(presence.DisposeAsync().AsTask());
    }

    /// <summary>Says a last word, and leaves as soon as it is acknowledged.</summary>
    /// <param name="room">Where.</param>
    /// <param name="value">What.</param>
    public void Part(string room, int value)
    {
        if (!IsThere || !_presences.TryGetValue(room, out var presence)) return;
        var publication = _world.Ledger.Begin(this, room, value, expireAfter: null);
        _ = PartAsync(presence, publication);
    }

    /// <param name="room">Where.</param>
    /// <param name="value">What; null clears.</param>
    /// <param name="expireAfter">After which it becomes null.</param>
    public void Publish(string room, int? value, TimeSpan? expireAfter)
    {
        if (!IsThere || !_presences.TryGetValue(room, out var presence)) return;
        var publication = _world.Ledger.Begin(this, room, value, expireAfter);
        _ = PublishAsync(presence, publication);
    }

    /// <summary>The user closes it.</summary>
    public void Close()
    {
        if (!IsThere) return;
        EndedAt = _world.Timeline.Now;
        _world.Disturb(User);
        _ = Watched(_client.DisposeAsync().AsTask());
    }

    /// <summary>It is gone without a word of its own.</summary>
    /// <param name="isHeard">Whether its machine still says that its connections are.</param>
    public void Crash(bool isHeard)
    {
        if (!IsThere) return;
        EndedAt = _world.Timeline.Now;
        _world.Disturb(User);
        if (isHeard) _world.Net.Break(Machine);
        else _world.Net.Cut(Machine);
        Machine.Kill();
    }

    private async Task PartAsync(Presence<SimulatedState> presence, Publication publication)
    {
        await PublishAsync(presence, publication);
        if (publication.Acknowledged is not null && _presences.GetValueOrDefault(publication.Room) == presence) Leave(publication.Room);
    }

    private async Task PublishAsync(Presence<SimulatedState> presence, Publication publication)
    {
        var value = publication.Value is { } number ? new SimulatedState(User.Name, number) : null;
        try
        {
            await presence.PublishAsync(value, publication.ExpireAfter is { } after ? new() { ExpireAfter = after } : null);
            _world.Ledger.Acknowledge(publication);
        }
        catch (MeshException refused)
        {
            _world.Ledger.Refuse(publication, refused.Code);
        }
        catch (Exception failure)
        {
            _world.Ledger.Violate($"{Machine.Name} could not publish: {failure}");
        }
    }

    private Task<WebSocket> DialAsync(CancellationToken cancellationToken)
    {
        var dialing = new TaskCompletionSource<WebSocket>();
        cancellationToken.UnsafeRegister(_ => dialing.TrySetCanceled(cancellationToken), null);
        _world.Timeline.After(_world.Net.Latency, () => Reach(dialing));
        return dialing.Task;
    }

    // Whoever is cut off is not answered; a node that has just died may still be asked.
    private void Reach(TaskCompletionSource<WebSocket> dialing)
    {
        if (Machine.IsDead || _world.Net.IsCut(Machine)) return;
        var node = _world.Balance();
        if (_world.Net.IsCut(node.Machine)) return;
        if (!node.IsOpen)
        {
            Machine.After(_world.Net.Latency, () => dialing.TrySetException(new WebSocketException(WebSocketError.NotAWebSocket)));
            return;
        }
        node.Machine.After(TimeSpan.Zero, () =>
        {
            var wire = _world.Net.Connect(Machine, node.Machine);
            node.Accept(wire.NodeEnd, User.IsVerified ? User.Name : null);
            Machine.After(_world.Net.Latency, () =>
            {
                if (!dialing.TrySetResult(wire.ClientEnd)) wire.ClientEnd.Abort();
            });
        });
    }

    private async Task Watched(Task task)
    {
        try
        {
            await task;
        }
        catch (MeshException)
        {
            // It was closed meanwhile.
        }
        catch (Exception failure)
        {
            _world.Ledger.Violate($"{Machine.Name} threw: {failure}");
        }
    }
}
