namespace Mesh.Server;

/// <summary>The backplane of a single node: what is sent is received at once.</summary>
internal sealed class MemoryBackplane : IBackplane
{
    public event Action<Broadcast>? Received;

    public event Action<string>? Revoked;

    public ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken)
    {
        Received?.Invoke(broadcast);
        return ValueTask.CompletedTask;
    }

    public ValueTask RevokeAsync(string userId, CancellationToken cancellationToken)
    {
        Revoked?.Invoke(userId);
        return ValueTask.CompletedTask;
    }
}
