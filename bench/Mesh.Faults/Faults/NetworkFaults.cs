namespace Mesh.Faults;

/// <summary>What happens to the network between the clients and a node, or between a node and Redis.</summary>
internal static class NetworkFaults
{
    public static async Task ResetAsync(Fault fault)
    {
        var node = fault.AnyNode();
        var time = fault.Chance() ? TimeSpan.Zero : fault.Between(0, 3);
        fault.Begin(node.Name);
        node.Clients.Refuse();
        node.Clients.Drop();
        await Fault.OutOfServiceAsync(node, time);
        node.Clients.Forward();
        fault.Heal();
        node.IsInService = true;
    }

    public static Task BlackHoleAsync(Fault fault) => LoseAsync(fault, network => network.BlackHole());

    public static Task LoseRequestsAsync(Fault fault) => LoseAsync(fault, network => network.LoseUpstream());

    public static Task LoseAnswersAsync(Fault fault) => LoseAsync(fault, network => network.LoseDownstream());

    /// <summary>A node alone does not reach Redis: it is told so, or not.</summary>
    public static async Task CutAsync(Fault fault)
    {
        var (node, isSilent) = (fault.AnyNode(), fault.Chance());
        // Shorter and longer than a lease.
        var time = fault.Chance() ? fault.Between(1, 6) : fault.Between(9, 12);
        fault.Begin($"{node.Name}, {(isSilent ? "silently" : "by resets")}");
        if (isSilent) node.Redis.BlackHole();
        else node.Redis.Refuse();
        if (!isSilent) node.Redis.Drop();
        await Task.Delay(time);
        node.Redis.Forward();
        fault.Heal();
    }

    public static async Task CutOneWayAsync(Fault fault)
    {
        var (node, isUpstream) = (fault.AnyNode(), fault.Chance());
        fault.Begin($"{node.Name}, {(isUpstream ? "its commands" : "the answers")}");
        if (isUpstream) node.Redis.LoseUpstream();
        else node.Redis.LoseDownstream();
        await Task.Delay(fault.Between(1, 6));
        node.Redis.Forward();
        fault.Heal();
    }

    private static async Task LoseAsync(Fault fault, Action<TcpProxy> lose)
    {
        var node = fault.AnyNode();
        var time = fault.Between(1, 6);
        fault.Begin(node.Name);
        lose(node.Clients);
        await Fault.OutOfServiceAsync(node, time);
        node.Clients.Forward();
        fault.Heal();
        node.IsInService = true;
    }
}
