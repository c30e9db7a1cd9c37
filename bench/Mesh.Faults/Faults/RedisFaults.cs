namespace Mesh.Faults;

/// <summary>What happens to Redis, or to all connections to it.</summary>
internal static class RedisFaults
{
    public static Task EmptyAsync(Fault fault)
    {
        fault.Begin("FLUSHALL");
        return fault.Cluster.Redis.EmptyAsync();
    }

    public static Task ResetAsync(Fault fault)
    {
        fault.Begin("all nodes");
        foreach (var node in fault.Cluster.Nodes) node.Redis.Drop();
        return Task.CompletedTask;
    }

    public static async Task RestartAsync(Fault fault)
    {
        fault.Cluster.Redis.Forget();
        fault.Begin("");
        await RestartAfterAsync(fault, fault.Chance() ? TimeSpan.Zero : fault.Between(1, 6));
    }

    /// <summary>What takes over is behind: a replica that had not heard all.</summary>
    public static async Task FailOverAsync(Fault fault)
    {
        await fault.Cluster.Redis.KeepAsync();
        await Task.Delay(fault.Between(0.2, 2));
        fault.Begin("");
        await RestartAfterAsync(fault, fault.Between(0, 3));
        fault.Cluster.Redis.Forget();
    }

    public static async Task PauseAsync(Fault fault)
    {
        var time = fault.Chance() ? fault.Between(1, 4) : fault.Between(9, 11);
        fault.Begin("");
        await fault.Cluster.Redis.PauseAsync();
        await Task.Delay(time);
        await fault.Cluster.Redis.ContinueAsync();
        fault.Heal();
    }

    public static async Task CutAsync(Fault fault)
    {
        fault.Begin("all nodes");
        CutAll(fault);
        await Task.Delay(fault.Chance() ? fault.Between(1, 6) : fault.Between(9, 12));
        ConnectAll(fault);
        fault.Heal();
    }

    public static void CutAll(Fault fault)
    {
        foreach (var node in fault.Cluster.Nodes) node.Redis.Refuse();
        foreach (var node in fault.Cluster.Nodes) node.Redis.Drop();
    }

    public static void ConnectAll(Fault fault)
    {
        foreach (var node in fault.Cluster.Nodes) node.Redis.Forward();
    }

    private static async Task RestartAfterAsync(Fault fault, TimeSpan time)
    {
        await fault.Cluster.Redis.KillAsync();
        await Task.Delay(time);
        await fault.Cluster.Redis.StartAsync();
        fault.Heal();
    }
}
