using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The backplane as one node has it.</summary>
internal sealed class NodeBackplane(SimulatedStore store, StoreLink link, StoreListening listening) : IBackplane
{
    private Task<IAsyncDisposable>? _listening;

    public event Action<Broadcast>? Received
    {
        add
        {
            Receiving += value;
            _listening ??= listening.ListenAsync(Channels.Broadcasts, it => Receiving?.Invoke((Broadcast)it), static () => { });
        }
        remove => Receiving -= value;
    }

    private event Action<Broadcast>? Receiving;

    // No user is verified here.
    public event Action<string>? Revoked
    {
        add { }
        remove { }
    }

    public ValueTask RevokeAsync(string userId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken) =>
        await link.DoAsync(() => store.Tell(Channels.Broadcasts, broadcast)).WaitAsync(cancellationToken);
}
