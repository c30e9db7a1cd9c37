namespace Mesh.Server;

/// <summary>
/// How fast a connection may send commands. Above the rate the reader waits for its next token; after a second of
/// waiting without a pause commands are refused instead (protocol §12). Tokens are taken by one reader at a time, and owed by anybody.
/// </summary>
internal sealed class TokenBucket(int perSecond, int burst, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();
    private TimeSpan _waited;
    private long _owed;

    /// <summary>Takes a token, waiting for it if need be; false if the command is to be refused.</summary>
    public async ValueTask<bool> TakeAsync(CancellationToken cancellationToken)
    {
        Fill();
        if (_tokens < 1)
        {
            if (_waited >= LongestWait) return false;
            var wait = TimeSpan.FromSeconds((1 - _tokens) / perSecond);
            _waited += wait;
            await Task.Delay(wait, time, cancellationToken);
            Fill();
        }
        _tokens--;
        return true;
    }

    /// <summary>Takes tokens for what a command turned out to be: those that come next wait for it. At most a second's worth is owed.</summary>
    public void Owe(int tokens) => Interlocked.Add(ref _owed, tokens);

    // Timers may fire a little early, so the count may dip below zero; it is made up for by the next wait.
    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond);
        _tokens = Math.Max(_tokens - Interlocked.Exchange(ref _owed, 0), Math.Min(_tokens, -Math.Min(burst, perSecond)));
        _filledAt = now;
        if (_tokens >= burst / 2.0) _waited = TimeSpan.Zero;
    }
}
