namespace Mesh.Client;

/// <summary>
/// The one owner of all state of a client: who reads or changes it holds the lock. Of the application's code only its
/// storage and its source of jitter run within.
/// </summary>
internal sealed class ClientGate(TimeProvider time)
{
    public Lock Lock { get; } = new();

    public TimeProvider Time => time;

    /// <summary>This machine's time, in milliseconds since 1970.</summary>
    public long UnixMilliseconds => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Runs something with the lock held, after what holds it now.</summary>
    public void Later(Action action) => ThreadPool.UnsafeQueueUserWorkItem(
        static work =>
        {
            lock (work.Gate.Lock) work.Action();
        },
        (Gate: this, Action: action),
        preferLocal: false);
}
