namespace Mesh.Simulation;

/// <summary>Between clients and nodes: who is cut off, and how long things take.</summary>
internal sealed class Net(Timeline timeline, Random random, Action<string>? note)
{
    private readonly HashSet<Machine> _cut = [];
    private readonly List<Wire> _wires = [];

    public Timeline Timeline => timeline;

    /// <summary>Told all that is sent; null where nobody reads it.</summary>
    public Action<string>? Note => note;

    /// <summary>How slow it is at the moment; 1 is usual.</summary>
    public double Slowness { get; set; } = 1;

    public TimeSpan Latency => TimeSpan.FromMilliseconds((0.5 + 20 * random.NextDouble() * random.NextDouble()) * Slowness);

    public bool IsCut(Machine machine) => _cut.Contains(machine);

    /// <summary>From now on nothing reaches the machine or leaves it, and nobody is told.</summary>
    public void Cut(Machine machine) => _cut.Add(machine);

    public void Mend(Machine machine)
    {
        // What a dead machine had still to send is lost with it.
        if (machine.IsDead || !_cut.Remove(machine)) return;
        foreach (var wire in Of(machine)) wire.Release();
    }

    public Wire Connect(Machine client, Machine node)
    {
        var wire = new Wire(this, client, node);
        _wires.Add(wire);
        return wire;
    }

    /// <summary>Breaks all connections of a machine, so that both ends notice.</summary>
    public void Break(Machine machine)
    {
        foreach (var wire in Of(machine)) wire.Break();
    }

    public void Forget(Wire wire) => _wires.Remove(wire);

    private List<Wire> Of(Machine machine) => [.. _wires.Where(wire => wire.Client == machine || wire.Node == machine)];
}
