using Mesh.Client;

namespace Mesh.Simulation;

/// <summary>Nodes, clients, what is between them and what they share; all that happens in it comes from one seed.</summary>
internal sealed class World
{
    private static readonly TimeSpan Chaos = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedClient> _clients = [];
    private readonly List<string>? _notes;
    private readonly Judge _judge;
    private int _machines;
    private int _values;
    private bool _isOver;

    public World(int seed, Planted planted, Hazards hazards, bool isNoted = false)
    {
        (Seed, Hazards, Random) = (seed, hazards, new(seed));
        _notes = isNoted ? [] : null;
        Net = new(Timeline, Random, isNoted ? Note : null);
        Store = new(NewMachine("store"), planted, isNoted ? Note : null);
        Ledger = new(this);
        _judge = new(this);
    }

    public int Seed { get; }

    public Hazards Hazards { get; }

    public Random Random { get; }

    public Timeline Timeline { get; } = new();

    public Net Net { get; }

    public SimulatedStore Store { get; }

    public Ledger Ledger { get; }

    /// <summary>
    /// In a calm world users only publish, and either nothing happens but what hits all nodes and loses nothing, or clients move from node to
    /// node: nobody has a reason to be missing.
    /// </summary>
    public bool IsCalm { get; private set; }

    public IReadOnlyList<string> Rooms { get; private set; } = [];

    public IReadOnlyList<SimulatedUser> Users { get; private set; } = [];

    public IReadOnlyList<string> Notes => _notes ?? [];

    /// <summary>The nodes that live.</summary>
    public IEnumerable<SimulatedNode> Nodes => _nodes.Where(it => !it.Machine.IsDead);

    /// <summary>All nodes, also those that are dead: something of them may still be on its way.</summary>
    public IReadOnlyList<SimulatedNode> AllNodes => _nodes;

    /// <summary>The clients that were neither closed nor have crashed.</summary>
    public IEnumerable<SimulatedClient> Present => _clients.Where(it => it.IsThere);

    public IEnumerable<SimulatedClient> Clients => _clients;

    /// <summary>How long after the last fault everything was right; null if it never was.</summary>
    public TimeSpan? RightAfter { get; private set; }

    /// <summary>Lets the next thing happen; false: it is over.</summary>
    public bool Step()
    {
        if (Timeline.Steps == 0) Begin();
        Timeline.Step();
        return !_isOver && Ledger.Violations.Count == 0;
    }

    public void Note(string what) => _notes?.Add($"{Timeline.Now.TotalSeconds,8:f3} {what}");

    public FaultLog NewLog(Machine machine) => new(machine.Name, Ledger.Violate, _notes is null ? null : Note);

    /// <summary>Something happens that may make the user leave.</summary>
    public void Disturb(SimulatedUser user) => user.Disturbed = Timeline.Now;

    public TimeSpan Within(double from, double to) => TimeSpan.FromSeconds(from + (to - from) * Random.NextDouble());

    public T OneOf<T>(IEnumerable<T> all) where T : class
    {
        var list = all.ToList();
        return list[Random.Next(list.Count)];
    }

    public int NextValue() => ++_values;

    /// <summary>The node that a client's request is sent to: usually one that lives.</summary>
    public SimulatedNode Balance()
    {
        var open = _nodes.Where(it => it.IsOpen).ToList();
        return open.Count > 0 && Random.Next(20) > 0 ? open[Random.Next(open.Count)] : _nodes[Random.Next(_nodes.Count)];
    }

    public SimulatedNode StartNode()
    {
        var node = new SimulatedNode(this, NewMachine("node"));
        _nodes.Add(node);
        return node;
    }

    public void OpenClient(SimulatedUser user)
    {
        var device = OneOf(user.Devices);
        var client = new SimulatedClient(this, user, device, NewMachine(user.Name, device.Skew));
        _clients.Add(client);
        foreach (var room in Rooms)
            if (Rooms.Count == 1 || Random.Next(3) > 0) client.Enter(room);
    }

    private void Begin()
    {
        IsCalm = Random.Next(5) == 0;
        Rooms = [.. Enumerable.Range(1, Random.Next(3) == 0 ? 2 : 1).Select(it => $"room{it}")];
        Users = [.. Enumerable.Range(1, Random.Next(2, 5)).Select(it => new SimulatedUser(
            $"user{it}", Random.Next(3) == 0, [.. Enumerable.Range(0, Random.Next(1, 3)).Select(_ => new Device(new MemoryPresenceStorage(), AnySkew()))]))];
        for (var nodes = Random.Next(2, 4); nodes > 0; nodes--) StartNode();
        foreach (var user in Users)
            for (var tabs = Random.Next(1, 4); tabs > 0; tabs--) Timeline.At(Within(0.1, 2), () => OpenClient(user));
        new Doings(this).Plan(TimeSpan.FromSeconds(2), Chaos);
        var weather = new Weather(this);
        weather.Plan(TimeSpan.FromSeconds(3), Chaos - TimeSpan.FromSeconds(2));
        Timeline.At(Chaos, () =>
        {
            Note("all is mended");
            weather.Clear();
            Timeline.After(Look, LookForFaults);
        });
    }

    private void LookForFaults()
    {
        var since = Timeline.Now - Chaos;
        var fault = _judge.FindFault();
        if (since > Bound) Ledger.Violate($"{since.TotalSeconds:f1} s after all was mended {fault ?? "there is no end of changes"}");
        else if (fault is null) EndWhenQuiet(since);
        else Timeline.After(Look, LookForFaults);
    }

    // Once all is right nobody has anything to say any more.
    private void EndWhenQuiet(TimeSpan since)
    {
        var changes = Store.Changes;
        Timeline.After(Quiet, () =>
        {
            if (Store.Changes != changes || _judge.FindFault() is not null)
            {
                LookForFaults();
                return;
            }
            RightAfter = since;
            _isOver = true;
        });
    }

    private Machine NewMachine(string name) => NewMachine(name, AnySkew());

    private Machine NewMachine(string name, TimeSpan skew) => new($"{name}.{++_machines}", Timeline, skew, 0.998 + 0.004 * Random.NextDouble());

    private TimeSpan AnySkew() => MostSkew * (2 * Random.NextDouble() - 1);
}
