using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The backplane as one node has it.</summary>
internal sealed class NodeBackplane(SimulatedStore store, StoreLink link, StoreListening listening) : IBackplane
{
    public event Action<Broadcast>? Received
    {
        add => listening.Received += value;
        remove => listening.Received -= value;
    }

    public async ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken) => await link.AskAsync(() =>
    {
        store.Broadcast(broadcast);
        return true;
    }).WaitAsync(cancellationToken);
}
