namespace Mesh.Server;

/// <summary>
/// Who was revoked lately: for connections that no revocation can find, since they are being opened, or are on their way between nodes. Each is
/// numbered, and whoever was authenticated before one ends by it.
/// </summary>
internal sealed class Revocations(TimeProvider time)
{
    // Longer than a request, or a move, takes.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _lastOf = new(StringComparer.Ordinal);
    private readonly Queue<(string UserId, long Number, long At)> _recent = new();
    private long _latest;
    private TaskCompletionSource _next = NewSignal();

    /// <summary>The number of the last one.</summary>
    public long Latest
    {
        get { lock (_gate) return _latest; }
    }

    public void Add(string userId)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            while (_recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Kept)
            {
                _recent.Dequeue();
                if (_lastOf.GetValueOrDefault(oldest.UserId) == oldest.Number) _lastOf.Remove(oldest.UserId);
            }
            _lastOf[userId] = ++_latest;
            _recent.Enqueue((userId, _latest, time.GetTimestamp()));
            (next, _next) = (_next, NewSignal());
        }
        next.SetResult();
    }

    /// <summary>Whether the user was revoked after the one of that number.</summary>
    public bool Include(string? userId, long since)
    {
        lock (_gate) return userId is not null && _lastOf.GetValueOrDefault(userId) > since;
    }

    /// <summary>Waits until the user is revoked, or was after the one of that number; at the latest until something else.</summary>
    public async Task WaitAsync(string? userId, long since, Task latest)
    {
        while (true)
        {
            Task next;
            lock (_gate) next = _next.Task;
            if (Include(userId, since) || await Task.WhenAny(latest, next) == latest) return;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
