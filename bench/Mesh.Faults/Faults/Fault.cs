using System.Globalization;

namespace Mesh.Faults;

/// <summary>One fault, as it happens.</summary>
internal sealed class Fault(FaultKind kind, Cluster cluster, Random random)
{
    // After which a load balancer has noticed that a node does not answer.
    private static readonly TimeSpan HealthCheck = TimeSpan.FromSeconds(2);

    public FaultKind Kind => kind;

    public Cluster Cluster => cluster;

    public string Details { get; private set; } = "";

    public long BegunAt { get; private set; }

    public long HealedAt { get; private set; }

    /// <summary>Makes all as it was, once all is right again.</summary>
    public Func<Task> RepairAsync { get; set; } = () => Task.CompletedTask;

    public Node AnyNode() => cluster.Nodes[random.Next(cluster.Nodes.Count)];

    public bool Chance() => random.Next(2) == 0;

    public TimeSpan Between(double least, double most) => TimeSpan.FromSeconds(least + random.NextDouble() * (most - least));

    public void Begin(string details)
    {
        Details = details;
        BegunAt = HealedAt = Stopwatch.GetTimestamp();
    }

    public void Heal()
    {
        HealedAt = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(BegunAt, HealedAt) is { TotalMilliseconds: > 100 } lasted) Details += string.Create(CultureInfo.InvariantCulture, $" for {lasted.TotalSeconds:0.0} s");
    }

    /// <summary>Lets it be for so long. The load balancer notices that this node does not answer; it is in service again after <see cref="Heal"/>.</summary>
    public static async Task OutOfServiceAsync(Node node, TimeSpan time)
    {
        await Task.Delay(time < HealthCheck ? time : HealthCheck);
        if (time < HealthCheck) return;
        node.IsInService = false;
        await Task.Delay(time - HealthCheck);
    }
}
