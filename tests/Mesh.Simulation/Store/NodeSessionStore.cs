using System.Globalization;
using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The sessions of all nodes as one node has them, kept as RedisSessionStore keeps them.</summary>
internal sealed class NodeSessionStore(SimulatedStore store, StoreLink link, StoreListening listening, NodeLease lease) : ISessionStore
{
    private const int MostSteps = 16;

    private readonly Dictionary<string, (string Node, StoredSessions.Taking Taking)> _unreleased = new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _beginning = new(1);
    private bool _isListening;
    private int _tokens;

    public event Action<string, int>? Taken;

    public string NewToken(string connectionId) => $"{lease.Name}/{connectionId}/{++_tokens}";

    public async ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken)
    {
        await ListenAsync();
        if (!await link.AskAsync(() => store.Sessions.Save(lease.Name, session)).WaitAsync(cancellationToken)) return false;
        await ReleaseAsync(session, cancellationToken);
        return true;
    }

    public async ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken)
    {
        var parts = token.Split('/');
        var (holder, stalled) = (parts[0], (StoredSessions.Taking?)null);
        (string Node, StoredSessions.Taking Taking)? before = null;
        for (var steps = 0; steps < MostSteps; steps++)
        {
            var (asked, unsaved) = (holder, stalled);
            var (session, taking) = await link.AskAsync(() => store.Sessions.Take(asked, parts[1], token, userId, lease.Name, unsaved)).WaitAsync(cancellationToken);
            if (session is not null)
            {
                _unreleased[parts[1]] = (asked, taking!);
                return new(SessionTakeOutcome.Taken, session);
            }
            if (taking is not null) (before, holder, stalled) = ((asked, taking), taking.By, null);
            else if (before is { } from && stalled is null && holder != lease.Name) (holder, stalled) = from;
            else return new(holder == lease.Name || before is null ? SessionTakeOutcome.NotElsewhere : SessionTakeOutcome.Gone);
        }
        return new(SessionTakeOutcome.Gone);
    }

    public async ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken)
    {
        var isHere = await link.AskAsync(() => store.Sessions.End(lease.Name, session)).WaitAsync(cancellationToken);
        if (isHere) await ReleaseAsync(session, cancellationToken);
        else _unreleased.Remove(session.ConnectionId);
        return isHere;
    }

    private async ValueTask ReleaseAsync(SavedSession session, CancellationToken cancellationToken)
    {
        if (!_unreleased.TryGetValue(session.ConnectionId, out var from)) return;
        await link.DoAsync(() => store.Sessions.Release(from.Node, session.ConnectionId, from.Taking)).WaitAsync(cancellationToken);
        if (_unreleased.GetValueOrDefault(session.ConnectionId) == from) _unreleased.Remove(session.ConnectionId);
    }

    // Before the first session is there to be taken.
    private async ValueTask ListenAsync()
    {
        if (_isListening) return;
        await _beginning.WaitAsync();
        try
        {
            if (_isListening) return;
            await listening.ListenAsync(Channels.Taken(lease.Name), Tell, () => _ = FindTakenAsync());
            _isListening = true;
        }
        finally
        {
            _beginning.Release();
        }
    }

    private void Tell(object message)
    {
        var parts = ((string)message).Split(' ');
        Taken?.Invoke(parts[1], int.Parse(parts[0], CultureInfo.InvariantCulture));
    }

    // What was told while nobody listened.
    private async Task FindTakenAsync()
    {
        try
        {
            foreach (var (connectionId, moves) in await link.AskAsync(() => store.Sessions.TakenFrom(lease.Name))) Taken?.Invoke(connectionId, moves);
        }
        catch (MeshException)
        {
            // Then there will be another reconnection.
        }
    }
}
