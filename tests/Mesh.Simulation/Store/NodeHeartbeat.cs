namespace Mesh.Simulation;

/// <summary>Renews a node's lease each second, as RedisHeartbeat does.</summary>
internal sealed class NodeHeartbeat
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly NodeLease _lease;
    private readonly NodeReaping _reaping;
    private readonly TimeProvider _time;
    private readonly StoreConnection[] _connections;
    private readonly Task _ended;
    private TaskCompletionSource _woken = new();

    /// <param name="lease">The node's.</param>
    /// <param name="reaping">Told of the dead.</param>
    /// <param name="time">The node's.</param>
    /// <param name="connections">Given up where the store is silent.</param>
    public NodeHeartbeat(NodeLease lease, NodeReaping reaping, TimeProvider time, params StoreConnection[] connections)
    {
        (_lease, _reaping, _time, _connections) = (lease, reaping, time, connections);
        lease.Reachable += () => _woken.TrySetResult();
        _ended = RunAsync();
    }

    /// <summary>Ends it, and the lease.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await _stopping.CancelAsync();
        await _ended;
        try
        {
            await _lease.RetireAsync(grace);
        }
        catch (MeshException)
        {
            // Then the lease ends by itself.
        }
    }

    private async Task RunAsync()
    {
        var isAway = false;
        while (!_stopping.IsCancellationRequested)
        {
            var woken = _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var next = Task.Delay(Interval, _time, _stopping.Token);
            try
            {
                _reaping.Begin(await _lease.RenewAsync());
                isAway = false;
            }
            catch (MeshException away)
            {
                if (!isAway) _lease.GoAway();
                isAway = true;
                if (away is StoreSilentException)
                    foreach (var connection in _connections) connection.Lose();
            }
            await Task.WhenAny(next, woken.Task);
        }
    }
}
