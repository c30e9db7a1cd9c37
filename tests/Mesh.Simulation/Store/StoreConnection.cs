namespace Mesh.Simulation;

/// <summary>A node's connection to the store: it notices after a while that it is cut, and tries to come back.</summary>
internal abstract class StoreConnection(Timeline timeline, Random random, Machine node, SimulatedStore store)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    private bool _isCut;
    private int _doubts;

    /// <summary>What the node believes.</summary>
    public bool IsConnected { get; private set; } = true;

    /// <summary>Which connection it is, of those the node has had.</summary>
    public int Life { get; private set; }

    protected Random Chance => random;

    protected SimulatedStore Store => store;

    protected Machine Node => node;

    protected bool IsCut => _isCut;

    /// <summary>From now on nothing gets through, and nobody is told.</summary>
    public void Cut()
    {
        _isCut = true;
        Doubt();
    }

    public void Mend()
    {
        // What a dead node had still to send is lost with it.
        if (node.IsDead) return;
        _isCut = false;
        _doubts++;
        if (IsConnected) Release();
    }

    /// <summary>Unless the store answers soon, the connection is lost.</summary>
    public void Doubt()
    {
        var doubt = ++_doubts;
        node.After(TimeSpan.FromSeconds(2 + 2 * random.NextDouble()), () =>
        {
            if (doubt != _doubts || !IsAway || !IsConnected) return;
            Doubted();
            Lose();
        });
    }

    /// <summary>The connection is lost, and the node knows.</summary>
    public void Lose()
    {
        if (!IsConnected) return;
        IsConnected = false;
        Life++;
        Lost();
        TryAgain();
    }

    protected Pipe NewPipe(Machine receiver) =>
        new(timeline, receiver, () => _isCut, () => TimeSpan.FromMilliseconds((0.1 + random.NextDouble())));

    public static MeshException Unavailable() => new(ErrorCodes.Unavailable, "The store can't be reached.");

    protected abstract void Release();

    /// <summary>The store did not answer.</summary>
    protected virtual void Doubted()
    {
    }

    protected abstract void Lost();

    protected abstract void Restored();

    private bool IsAway => _isCut || store.Machine.IsFrozen;

    private void TryAgain() => node.After(Retry * (0.1 + 0.9 * random.NextDouble()), () =>
    {
        if (IsAway)
        {
            TryAgain();
            return;
        }
        IsConnected = true;
        Restored();
    });
}
