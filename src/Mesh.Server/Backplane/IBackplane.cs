namespace Mesh.Server;

/// <summary>Carries broadcasts to all nodes, the sender's included. A backend replaces it together with <see cref="IRoomStore"/>.</summary>
public interface IBackplane
{
    /// <summary>Told each broadcast, on every node.</summary>
    event Action<Broadcast>? Received;

    /// <summary>Sends a broadcast to all nodes.</summary>
    ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken);

    /// <summary>Told each user whose authentication was revoked, on every node; on one that can't be reached now, once it can.</summary>
    event Action<string>? Revoked;

    /// <summary>Tells all nodes that a user's authentication is over.</summary>
    ValueTask RevokeAsync(string userId, CancellationToken cancellationToken);
}
