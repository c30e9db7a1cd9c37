namespace Mesh.Client;

/// <summary>How long a command may wait before it is sent.</summary>
internal sealed class Waiting : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancelled;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _either;

    public Waiting(string command, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        (Command, _timeout, _cancelled) = (command, timeout, cancellationToken);
        _late = new(timeout, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, cancellationToken);
    }

    public string Command { get; }

    /// <summary>Cancelled when it is too late, or by who asked.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Waits for something that ends by <see cref="Token"/>.</summary>
    /// <exception cref="Protocol.MeshException"><c>ETIMEOUT</c>: it was too late.</exception>
    public async Task ForAsync(Task something)
    {
        try
        {
            await something.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_late.IsCancellationRequested && !_cancelled.IsCancellationRequested)
        {
            throw Errors.NotConnected(Command, _timeout);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _late.Dispose();
    }
}
