using System.Net;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Which runs of Redis have the slots of a cluster. Where one is another than before, since a server has restarted or its replica has
/// taken over, its rooms may have lost what they were told last; the server that has the leases knows nothing of that.
/// </summary>
internal sealed class RedisPrimaries
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<EndPoint, string> _byServer = [];
    private Task _looking = Task.CompletedTask;
    private bool _isBegun;
    private bool _isOther;

    /// <summary>Told that one is another.</summary>
    public event Action? Changed;

    /// <summary>Asks them all, and does not wait: one that is silent keeps nobody.</summary>
    public void Look(IConnectionMultiplexer connection)
    {
        if (_looking.IsCompleted) _looking = LookAsync([.. connection.GetServers().Where(static it => it is { IsConnected: true, ServerType: ServerType.Cluster })]);
    }

    /// <summary>Notes one that is known already.</summary>
    public void See(string run)
    {
        lock (_gate) _runs.Add(run);
    }

    /// <summary>Whether one was another since this was asked last.</summary>
    public bool TakeChange()
    {
        lock (_gate)
        {
            var isOther = _isOther;
            _isOther = false;
            return isOther;
        }
    }

    private async Task LookAsync(IServer[] servers)
    {
        await Task.WhenAll(servers.Select(AskAsync));
        lock (_gate) _isBegun |= servers.Length > 0;
    }

    private async Task AskAsync(IServer server)
    {
        try
        {
            if (server.IsReplica) Forget(server.EndPoint);
            else if (IsOther(server.EndPoint, await RedisRuns.OfAsync(server))) Changed?.Invoke();
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            // It is asked again with the next renewal.
        }
    }

    // What takes over again later may have lost something again.
    private void Forget(EndPoint replica)
    {
        lock (_gate)
            if (_byServer.Remove(replica, out var run)) _runs.Remove(run);
    }

    private bool IsOther(EndPoint server, string run)
    {
        lock (_gate)
        {
            _byServer[server] = run;
            var isOther = _runs.Add(run) && _isBegun;
            _isOther |= isOther;
            return isOther;
        }
    }
}
