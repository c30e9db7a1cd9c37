using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The sessions of all nodes as one node has them, kept as RedisSessionStore keeps them.</summary>
internal sealed class NodeSessionStore(SimulatedStore store, StoreLink link, StoreListening listening, NodeLease lease) : ISessionStore
{
    private const int MostMoves = 8;

    private readonly SemaphoreSlim _beginning = new(1);
    private bool _isListening;
    private int _tokens;

    public event Action<string>? Taken;

    public string NewToken(string connectionId) => $"{lease.Name}/{connectionId}/{++_tokens}";

    public async ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken)
    {
        await ListenAsync();
        return await link.AskAsync(() => store.Sessions.Save(lease.Name, session)).WaitAsync(cancellationToken);
    }

    public async ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken)
    {
        var parts = token.Split('/');
        var holder = parts[0];
        for (var moves = 0; moves < MostMoves; moves++)
        {
            var asked = holder;
            var (taken, movedTo) = await link.AskAsync(() => store.Sessions.Take(asked, parts[1], token, userId, lease.Name)).WaitAsync(cancellationToken);
            if (taken is not null) return new(SessionTakeOutcome.Taken, taken);
            if (movedTo is null) return new(holder == lease.Name || moves == 0 ? SessionTakeOutcome.NotElsewhere : SessionTakeOutcome.Gone);
            holder = movedTo;
        }
        return new(SessionTakeOutcome.Gone);
    }

    public async ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken) =>
        await link.AskAsync(() => store.Sessions.End(lease.Name, session)).WaitAsync(cancellationToken);

    // Before the first session is there to be taken.
    private async ValueTask ListenAsync()
    {
        if (_isListening) return;
        await _beginning.WaitAsync();
        try
        {
            if (_isListening) return;
            await listening.ListenAsync(Channels.Taken(lease.Name), it => Taken?.Invoke((string)it), () => _ = FindTakenAsync());
            _isListening = true;
        }
        finally
        {
            _beginning.Release();
        }
    }

    // What was told while nobody listened.
    private async Task FindTakenAsync()
    {
        try
        {
            foreach (var connectionId in await link.AskAsync(() => store.Sessions.TakenFrom(lease.Name))) Taken?.Invoke(connectionId);
        }
        catch (MeshException)
        {
            // Then there will be another reconnection.
        }
    }
}
