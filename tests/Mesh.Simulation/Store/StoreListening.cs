namespace Mesh.Simulation;

/// <summary>The connection over which a node is told of things. What it misses is told to nobody again.</summary>
internal sealed class StoreListening : StoreConnection
{
    private readonly List<Listener> _listeners = [];
    private readonly Pipe _requests;
    private readonly Pipe _told;

    // What the store has been asked for on this connection.
    private readonly HashSet<string> _channels = new(StringComparer.Ordinal);

    public StoreListening(Timeline timeline, Random random, Machine node, SimulatedStore store)
        : base(timeline, random, node, store)
    {
        _requests = NewPipe(store.Machine);
        _told = NewPipe(node);
        store.Attach(this);
    }

    /// <summary>A fault: how likely it is that something is lost, told twice, or told late.</summary>
    public (double Lost, double Twice, double Late) Odds { get; set; }

    /// <param name="channel">On which.</param>
    /// <param name="take">Told what comes.</param>
    /// <param name="missed">Told that something may have been missed.</param>
    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: the store is away.</exception>
    public Task<IAsyncDisposable> ListenAsync(string channel, Action<object> take, Action missed)
    {
        if (!IsConnected) return Task.FromException<IAsyncDisposable>(Unavailable());
        var listener = new Listener(this, channel, take, missed);
        _listeners.Add(listener);
        _requests.Send(() =>
        {
            _channels.Add(channel);
            _told.Send(() => listener.Begun.TrySetResult(listener));
        });
        return listener.Begun.Task;
    }

    /// <summary>The store tells something.</summary>
    public void Take(string channel, object message)
    {
        if (!IsConnected || Node.IsDead || !_channels.Contains(channel) || Chance.NextDouble() < Odds.Lost) return;
        void Hear()
        {
            foreach (var listener in _listeners.ToList())
                if (listener.Channel == channel) listener.Take(message);
        }
        if (Chance.NextDouble() < Odds.Twice) HearLater(Hear);
        if (Chance.NextDouble() < Odds.Late) HearLater(Hear);
        else _told.Send(Hear);
    }

    /// <summary>The canary was late: something may have been missed.</summary>
    public void SayMissed()
    {
        if (Store.Planted == Planted.LostLastMessage) return;
        foreach (var listener in _listeners.Where(it => it.Begun.Task.IsCompletedSuccessfully).ToList()) listener.Missed();
    }

    protected override void Release()
    {
        _requests.Release();
        _told.Release();
    }

    // Not only once there is another connection: that may take long.
    protected override void Doubted() => SayMissed();

    protected override void Lost()
    {
        _channels.Clear();
        _requests.Clear();
        _told.Clear();
        foreach (var listener in _listeners.Where(it => !it.Begun.Task.IsCompleted).ToList())
        {
            _listeners.Remove(listener);
            listener.Begun.TrySetException(Unavailable());
        }
    }

    // Only when the store listens to the new connection it helps to read again.
    protected override void Restored() => _requests.Send(() =>
    {
        foreach (var listener in _listeners) _channels.Add(listener.Channel);
        _told.Send(SayMissed);
    });

    private void HearLater(Action hear) => Node.After(TimeSpan.FromMilliseconds(200 * Chance.NextDouble()), hear);

    private void Stop(Listener listener)
    {
        _listeners.Remove(listener);
        if (!IsConnected) return;
        _requests.Send(() =>
        {
            if (!_listeners.Exists(it => it.Channel == listener.Channel)) _channels.Remove(listener.Channel);
        });
    }

    private sealed class Listener(StoreListening owner, string channel, Action<object> take, Action missed) : IAsyncDisposable
    {
        public TaskCompletionSource<IAsyncDisposable> Begun { get; } = new();

        public string Channel { get; } = channel;

        public Action<object> Take { get; } = take;

        public Action Missed { get; } = missed;

        public ValueTask DisposeAsync()
        {
            owner.Stop(this);
            return ValueTask.CompletedTask;
        }
    }
}
