using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The connection over which a node is told of changes. What it misses is told to nobody again.</summary>
internal sealed class StoreListening : StoreConnection
{
    private readonly List<Listener> _listeners = [];
    private readonly Pipe _requests;
    private readonly Pipe _told;

    // What the store has been asked for on this connection.
    private readonly HashSet<string> _rooms = new(StringComparer.Ordinal);

    public StoreListening(Timeline timeline, Random random, Machine node, SimulatedStore store)
        : base(timeline, random, node, store)
    {
        _requests = NewPipe(store.Machine);
        _told = NewPipe(node);
        store.Listen(this);
    }

    public event Action<Broadcast>? Received;

    /// <summary>A fault: how likely it is that something is lost, told twice, or told late.</summary>
    public (double Lost, double Twice, double Late) Odds { get; set; }

    /// <exception cref="StoreAwayException">The store is away.</exception>
    public Task<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed)
    {
        if (!IsConnected) return Task.FromException<IAsyncDisposable>(new StoreAwayException("The store is away."));
        var listening = new Listener(this, room, listener, missed);
        _listeners.Add(listening);
        _requests.Send(() =>
        {
            _rooms.Add(room);
            _told.Send(() => listening.Begun.TrySetResult(listening));
        });
        return listening.Begun.Task;
    }

    /// <summary>The store tells of a change.</summary>
    public void Take(RoomEvent change)
    {
        if (_rooms.Contains(change.Room)) Pass(() => Hear(change));
    }

    public void Take(Broadcast broadcast) => Pass(() => Received?.Invoke(broadcast));

    /// <summary>The canary was late: something may have been missed.</summary>
    public void SayMissed()
    {
        if (Store.Planted == Planted.LostLastMessage) return;
        foreach (var listener in _listeners.ToList()) listener.Missed();
    }

    protected override void Release()
    {
        _requests.Release();
        _told.Release();
    }

    protected override void Lost()
    {
        _rooms.Clear();
        _requests.Clear();
        _told.Clear();
        foreach (var listener in _listeners.Where(it => !it.Begun.Task.IsCompleted).ToList())
        {
            _listeners.Remove(listener);
            listener.Begun.TrySetException(new StoreAwayException("The connection to the store was lost."));
        }
    }

    // Only when the store listens to the new connection it helps to read again.
    protected override void Restored() => _requests.Send(() =>
    {
        foreach (var listener in _listeners) _rooms.Add(listener.Room);
        _told.Send(SayMissed);
    });

    private void Pass(Action hear)
    {
        if (!IsConnected || Node.IsDead || Chance.NextDouble() < Odds.Lost) return;
        if (Chance.NextDouble() < Odds.Twice) HearLater(hear);
        if (Chance.NextDouble() < Odds.Late) HearLater(hear);
        else _told.Send(hear);
    }

    private void HearLater(Action hear) => Node.After(TimeSpan.FromMilliseconds(200 * Chance.NextDouble()), hear);

    private void Hear(RoomEvent change)
    {
        foreach (var listener in _listeners.ToList())
            if (listener.Room == change.Room) listener.Take(change);
    }

    private void Stop(Listener listener)
    {
        _listeners.Remove(listener);
        if (!IsConnected || _listeners.Exists(it => it.Room == listener.Room)) return;
        _requests.Send(() =>
        {
            if (!_listeners.Exists(it => it.Room == listener.Room)) _rooms.Remove(listener.Room);
        });
    }

    private sealed class Listener(StoreListening owner, string room, Action<RoomEvent> take, Action missed) : IAsyncDisposable
    {
        public TaskCompletionSource<IAsyncDisposable> Begun { get; } = new();

        public string Room { get; } = room;

        public Action<RoomEvent> Take { get; } = take;

        public Action Missed { get; } = missed;

        public ValueTask DisposeAsync()
        {
            owner.Stop(this);
            return ValueTask.CompletedTask;
        }
    }
}
