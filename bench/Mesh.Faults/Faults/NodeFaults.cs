namespace Mesh.Faults;

/// <summary>What happens to the process of a node.</summary>
internal static class NodeFaults
{
    public static async Task KillAsync(Fault fault)
    {
        var node = fault.AnyNode();
        fault.Begin(node.Name);
        fault.RepairAsync = node.StartAgainAsync;
        await node.KillAsync();
        await Task.Delay(fault.Between(0, 3));
    }

    /// <summary>As when a new release is rolled out.</summary>
    public static async Task TerminateAsync(Fault fault)
    {
        fault.Begin("all nodes in turn");
        foreach (var node in fault.Cluster.Nodes)
        {
            await node.TerminateAsync();
            await node.StartAgainAsync();
        }
        fault.Heal();
    }

    public static async Task PauseAsync(Fault fault)
    {
        var node = fault.AnyNode();
        // Shorter and longer than a lease.
        var time = fault.Chance() ? fault.Between(2, 6) : fault.Between(9, 12);
        fault.Begin(node.Name);
        await node.Server.PauseAsync();
        await Fault.OutOfServiceAsync(node, time);
        await node.Server.ContinueAsync();
        fault.Heal();
        node.IsInService = true;
    }

    public static async Task KillWithoutRedisAsync(Fault fault)
    {
        var node = fault.AnyNode();
        fault.Begin(node.Name);
        fault.RepairAsync = node.StartAgainAsync;
        RedisFaults.CutAll(fault);
        await Task.Delay(fault.Between(1, 3));
        await node.KillAsync();
        await Task.Delay(fault.Between(1, 3));
        RedisFaults.ConnectAll(fault);
        fault.Heal();
    }
}
