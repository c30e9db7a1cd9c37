namespace Mesh.Server;

/// <summary>
/// How fast a connection may send commands. Above the rate the reader waits for its next token; after a second of
/// waiting without a pause commands are refused instead (protocol §12). One reader takes them, and one command at a time pays what it
/// costs besides.
/// </summary>
internal sealed class TokenBucket(int perSecond, int burst, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();
    private TimeSpan _waited;

    /// <summary>Takes a token, waiting for it if need be; false if the command is to be refused.</summary>
    public async ValueTask<bool> TakeAsync(CancellationToken cancellationToken)
    {
        var wait = UntilOneIsThere();
        if (wait > TimeSpan.Zero)
        {
            if (_waited >= LongestWait) return false;
            _waited += wait;
            await Task.Delay(wait, time, cancellationToken);
        }
        Spend(1);
        return true;
    }

    /// <summary>Takes the tokens of a command that costs more than one, before it is executed; waits until all are there that it lacks.</summary>
    public async ValueTask PayAsync(int tokens, CancellationToken cancellationToken)
    {
        var wait = Spend(tokens);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
    }

    private TimeSpan UntilOneIsThere()
    {
        lock (_gate)
        {
            Fill();
            return Lacking(1 - _tokens);
        }
    }

    // Timers may fire a little early, and others take some meanwhile, so the count may dip below zero; the next wait makes up for it.
    private TimeSpan Spend(int tokens)
    {
        lock (_gate)
        {
            Fill();
            _tokens -= tokens;
            return Lacking(-_tokens);
        }
    }

    private TimeSpan Lacking(double tokens) => tokens > 0 ? TimeSpan.FromSeconds(tokens / perSecond) : TimeSpan.Zero;

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond);
        _filledAt = now;
        if (_tokens >= burst / 2.0) _waited = TimeSpan.Zero;
    }
}
