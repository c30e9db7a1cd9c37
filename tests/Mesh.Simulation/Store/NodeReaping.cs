namespace Mesh.Simulation;

/// <summary>Removes the members of dead nodes, as RedisReaping does: at once, and again later.</summary>
internal sealed class NodeReaping(NodeLease lease, SimulatedStore store, StoreLink link, KnownStamps known, TimeProvider time)
{
    private static readonly TimeSpan[] Again = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)];

    private readonly HashSet<(string Generation, int Losses)> _known = [];

    public void Begin(IReadOnlyCollection<string> dead)
    {
        var losses = lease.Losses;
        foreach (var generation in dead)
            if (_known.Add((generation, losses))) _ = ReapAsync(generation, losses);
    }

    private async Task ReapAsync(string generation, int losses)
    {
        try
        {
            if (!await RemoveAsync(generation) || losses != lease.Losses) return;
            await link.DoAsync(() => store.Reaped(generation));
            lease.Forget(generation);
        }
        catch (MeshException)
        {
            // Who renews its lease next is told of it again.
        }
        finally
        {
            _known.Remove((generation, losses));
        }
    }

    private async Task<bool> RemoveAsync(string generation)
    {
        await RemoveOnceAsync(generation);
        foreach (var pause in Again)
        {
            await Task.Delay(pause, time);
            if (await link.AskAsync(() => store.Leases.Has(generation))) return false;
            await RemoveOnceAsync(generation);
        }
        return true;
    }

    private async Task RemoveOnceAsync(string generation)
    {
        var rooms = await lease.FindRoomsAsync(generation);
        await Task.WhenAll(rooms.Select(it => RemoveAsync(generation, it)));
    }

    private Task RemoveAsync(string generation, string room)
    {
        var seen = known.Of(room);
        return link.DoAsync(() => store.Open(room, seen).Reap(generation));
    }
}
