namespace Mesh.Server;

/// <summary>Carries broadcasts to all nodes, the sender's included. A backend replaces it together with <see cref="IRoomStore"/>.</summary>
public interface IBackplane
{
    /// <summary>Told each broadcast, on every node.</summary>
    event Action<Broadcast>? Received;

    /// <summary>Sends a broadcast to all nodes.</summary>
    ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken);
}
