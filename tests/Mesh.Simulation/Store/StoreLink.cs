namespace Mesh.Simulation;

/// <summary>The connection over which a node sends commands to the store. Each is one atomic step there.</summary>
internal sealed class StoreLink : StoreConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly HashSet<Action<Exception>> _pending = [];
    private readonly Pipe _requests;
    private readonly Pipe _responses;

    public StoreLink(Timeline timeline, Random random, Machine node, SimulatedStore store)
        : base(timeline, random, node, store)
    {
        _requests = NewPipe(store.Machine);
        _responses = NewPipe(node);
    }

    /// <summary>A fault: what was on its way when the connection was lost arrives all the same, after a while.</summary>
    public bool ArrivesLate { get; set; }

    /// <exception cref="MeshException"><c>EUNAVAILABLE</c>: the store is away, or did not answer in time. Nobody knows then whether it was done.</exception>
    public Task<T> AskAsync<T>(Func<T> command)
    {
        if (!IsConnected) return Task.FromException<T>(Unavailable());
        var answer = new TaskCompletionSource<T>();
        void Fail(Exception why)
        {
            _pending.Remove(Fail);
            answer.TrySetException(why);
        }
        _pending.Add(Fail);
        var late = Node.After(Patience, () => Fail(new StoreSilentException()));
        var life = Life;
        _requests.Send(() =>
        {
            var result = command();
            // Nobody is there to be answered.
            if (life != Life) return;
            _responses.Send(() =>
            {
                if (!_pending.Remove(Fail)) return;
                late.Cancel();
                answer.TrySetResult(result);
            });
        });
        return answer.Task;
    }

    /// <inheritdoc cref="AskAsync"/>
    public Task DoAsync(Action command) => AskAsync(() =>
    {
        command();
        return true;
    });

    protected override void Release()
    {
        _requests.Release();
        _responses.Release();
    }

    protected override void Lost()
    {
        foreach (var request in _requests.Clear())
            if (ArrivesLate) Store.Machine.After(TimeSpan.FromSeconds(4 * Chance.NextDouble()), request);
        _responses.Clear();
        foreach (var fail in _pending.ToList()) fail(Unavailable());
    }

    /// <summary>Told that another connection stands.</summary>
    public event Action? Reconnected;

    protected override void Restored() => Reconnected?.Invoke();
}
