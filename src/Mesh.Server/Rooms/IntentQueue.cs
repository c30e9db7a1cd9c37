namespace Mesh.Server;

/// <summary>Who has something to tell the store, which was out of reach: tried again until it is told.</summary>
internal sealed class IntentQueue(Persistence persistence)
{
    private const int AtOnce = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<Memberships> _waiting = [];
    private bool _isRunning;

    public void Add(Memberships memberships)
    {
        lock (_gate)
        {
            _waiting.Add(memberships);
            if (_isRunning) return;
            _isRunning = true;
        }
        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await persistence.PauseAsync();
            while (await TellAsync(Next()))
            {
                lock (_gate)
                {
                    if (_waiting.Count > 0) continue;
                    _isRunning = false;
                    return;
                }
            }
        }
    }

    // Those that could not tell all are here again by themselves.
    private static async Task<bool> TellAsync(Memberships[] some)
    {
        var told = await Task.WhenAll(some.Select(static it => it.TellIntentsAsync()));
        return !told.Contains(false);
    }

    private Memberships[] Next()
    {
        lock (_gate)
        {
            Memberships[] some = [.. _waiting.Take(AtOnce)];
            _waiting.ExceptWith(some);
            return some;
        }
    }
}
