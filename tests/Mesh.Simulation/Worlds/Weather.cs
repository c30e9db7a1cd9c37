namespace Mesh.Simulation;

/// <summary>The faults of a world: some kinds of them, each a few times.</summary>
internal sealed class Weather
{
    private readonly World _world;
    private readonly (string Name, Action Strike)[] _kindsOfClients;
    private readonly (string Name, Action Strike)[] _kindsOfNodes;
    private readonly (string Name, Action Strike)[] _kindsOfAll;
    private readonly (string Name, Action Strike)[] _kindsOfChannels;
    private readonly (string Name, Action Strike)[] _kindsOfParts;
    private readonly (string Name, Action Strike)[] _kindsOfLosses;

    // How often parts of the store were lost.
    private int _losses;

    public Weather(World world)
    {
        _world = world;
        _kindsOfAll =
        [
            ("a node's clock is set", () => world.OneOf(world.Nodes).Machine.Clock.SetAhead(world.Within(-60, 60))),
            ("the store is away", CutAllFromStore),
            ("the store freezes", FreezeStore),
            ("the store restarts", Restart),
            ("all is slow", Slow),
        ];
        _kindsOfChannels =
        [
            ("changes are told late, twice, or not at all", Garble),
            ("changes are not told", Deafen),
        ];
        _kindsOfLosses =
        [
            ("the store loses its last changes", () => FailOver(world.Store.BeginToLag())),
            ("the store comes back empty", EmptyStore),
        ];
        _kindsOfParts =
        [
            ("a part of the store comes back empty", EmptyPart),
            ("a part of the store loses its last changes", () => FailOver(world.Store.BeginToLag(IsHit))),
            ("the store has lost what it knew of a node", Forget),
        ];
        _kindsOfClients =
        [
            ("a client's connection breaks", () => Hit(Client, it => world.Net.Break(it))),
            ("a client is cut off", () => HitFor(Client, it => world.Net.Cut(it), it => world.Net.Mend(it), 25)),
            ("a client freezes", () => HitFor(Client, it => it.Freeze(), it => it.Thaw(), 25)),
        ];
        _kindsOfNodes =
        [
            ("a node crashes", Crash),
            ("a node is stopped", Stop),
            ("a node freezes", () => HitFor(Node, it => it.Freeze(), it => it.Thaw(), 15)),
            ("a node is cut off from clients", () => HitFor(Node, it => world.Net.Cut(it), it => world.Net.Mend(it), 15)),
            ("a node is cut off from the store", CutFromStore),
            ("a node loses its connections to the store", LoseStore),
        ];
    }

    public void Plan(TimeSpan from, TimeSpan until)
    {
        if (_world.IsCalm && _world.Random.Next(3) == 0)
        {
            PlanMoves(from, until);
            return;
        }
        // Where the list of a node's rooms is lost, nobody but that node knows them: it is to be there still.
        var losesParts = _world.Random.Next(5) == 0;
        var kinds = _kindsOfAll.Concat(_kindsOfChannels);
        if (!_world.IsCalm) kinds = kinds.Concat(_kindsOfLosses).Concat(_kindsOfClients).Concat(losesParts ? _kindsOfParts : _kindsOfNodes);
        foreach (var kind in kinds)
            if (_world.Random.Next(3) == 0) Plan(kind, from, until);
        if (_world.Hazards.HasFlag(Hazards.LateCommands)) _world.Timeline.At(from, () => SetLate(true));
    }

    // Clients are elsewhere at once, and nobody is to notice, whatever the nodes that they have left hear of it.
    private void PlanMoves(TimeSpan from, TimeSpan until)
    {
        for (var count = _world.Random.Next(3, 9); count > 0; count--) _world.Timeline.At(_world.Within(from.TotalSeconds, until.TotalSeconds), Move);
        foreach (var kind in _kindsOfChannels) Plan(kind, from, until);
    }

    private void Move()
    {
        if (_world.Present.ToList() is not { Count: > 0 } all) return;
        var client = all[_world.Random.Next(all.Count)].Machine;
        _world.Note($"{client.Name} moves");
        _world.Net.Break(client);
    }

    /// <summary>Mends all.</summary>
    public void Clear()
    {
        _world.Net.Slowness = 1;
        _world.Store.Machine.Thaw();
        foreach (var client in _world.Present)
        {
            client.Machine.Thaw();
            _world.Net.Mend(client.Machine);
        }
        foreach (var node in _world.Nodes)
        {
            node.Machine.Thaw();
            _world.Net.Mend(node.Machine);
            MendStore(node);
            node.Listening.Odds = default;
            node.Machine.After(TimeSpan.Zero, node.Listening.SayMissed);
        }
        SetLate(false);
        if (!_world.Nodes.Any(it => it.IsOpen)) _world.StartNode();
    }

    private void Plan((string Name, Action Strike) kind, TimeSpan from, TimeSpan until)
    {
        for (var count = _world.Random.Next(1, 4); count > 0; count--)
        {
            _world.Timeline.At(_world.Within(from.TotalSeconds, until.TotalSeconds), () =>
            {
                _world.Note(kind.Name);
                kind.Strike();
            });
        }
    }

    private Machine Client() => _world.Present.ToList() is { Count: > 0 } all ? Disturbed(all[_world.Random.Next(all.Count)].Machine) : Node();

    private Machine Node() => Disturbed(_world.OneOf(_world.Nodes).Machine);

    // Whom it hits: of a node, all of its clients, and those it had a while ago.
    private Machine Disturbed(Machine machine)
    {
        foreach (var client in _world.Present)
            if (client.Machine == machine) _world.Disturb(client.User);
        if (_world.Nodes.Any(it => it.Machine == machine)) DisturbAll();
        return machine;
    }

    private void DisturbAll()
    {
        foreach (var user in _world.Users) _world.Disturb(user);
    }

    private static void Hit(Func<Machine> find, Action<Machine> strike) => strike(find());

    private void HitFor(Func<Machine> find, Action<Machine> strike, Action<Machine> mend, double longest)
    {
        var machine = find();
        strike(machine);
        _world.Timeline.After(_world.Within(0.1, longest), () =>
        {
            Disturbed(machine);
            mend(machine);
        });
    }

    private void Crash() => Crash(_world.OneOf(_world.Nodes));

    private void Crash(SimulatedNode node)
    {
        Disturbed(node.Machine);
        node.Machine.Kill();
        _world.Net.Break(node.Machine);
        StartAnotherLater();
    }

    private void Stop()
    {
        var node = _world.OneOf(_world.Nodes);
        if (!node.IsOpen) return;
        Disturbed(node.Machine);
        node.Stop();
        StartAnotherLater();
    }

    private void StartAnotherLater()
    {
        if (_world.Nodes.Any(it => it.IsOpen)) _world.Timeline.After(_world.Within(0.2, 8), () => _world.StartNode());
        else _world.StartNode();
    }

    private void CutFromStore()
    {
        var node = _world.OneOf(_world.Nodes);
        DisturbAll();
        CutStore(node);
        _world.Timeline.After(_world.Within(0.1, 15), () =>
        {
            DisturbAll();
            MendStore(node);
        });
    }

    private void CutAllFromStore()
    {
        var nodes = _world.Nodes.ToList();
        foreach (var node in nodes) CutStore(node);
        _world.Timeline.After(_world.Within(0.5, 18), () => nodes.ForEach(MendStore));
    }

    private static void CutStore(SimulatedNode node)
    {
        node.Link.Cut();
        node.Listening.Cut();
    }

    private static void MendStore(SimulatedNode node)
    {
        node.Link.Mend();
        node.Listening.Mend();
    }

    private void LoseStore()
    {
        var node = _world.OneOf(_world.Nodes);
        node.Link.Lose();
        if (_world.Random.Next(3) > 0) node.Listening.Lose();
    }

    private void Restart()
    {
        _world.Store.Restart();
        LoseAll();
    }

    private void LoseAll()
    {
        foreach (var node in _world.AllNodes)
        {
            node.Link.Lose();
            node.Listening.Lose();
        }
    }

    private void FreezeStore()
    {
        _world.Store.Machine.Freeze();
        foreach (var node in _world.Nodes)
        {
            node.Link.Doubt();
            node.Listening.Doubt();
        }
        _world.Timeline.After(_world.Within(0.1, 12), _world.Store.Machine.Thaw);
    }

    private void EmptyStore()
    {
        DisturbAll();
        _world.Store.Empty();
        LoseAll();
    }

    private void EmptyPart()
    {
        DisturbAll();
        _losses++;
        _world.Store.EmptyPart(IsHit, _world.Nodes.Select(it => (it.Name, it.Generation)));
        LoseAll();
    }

    private void Forget()
    {
        var node = _world.OneOf(_world.Nodes);
        DisturbAll();
        _world.Store.Forget(IsHit, [(node.Name, node.Generation)]);
        var (losses, life) = (++_losses, node.Link.Life);
        if (!node.Link.IsConnected || !IsHit()) return;
        // By then it has told the store again.
        _world.Timeline.After(_world.Within(7, 10), () =>
        {
            if (losses == _losses && life == node.Link.Life && !_world.Store.Machine.IsFrozen && node.IsOpen) Crash(node);
        });
    }

    private bool IsHit() => _world.Random.Next(2) == 0;

    // Another takes over that lagged behind.
    private void FailOver(Action takeOver)
    {
        _world.Timeline.After(_world.Within(0.05, 1), () =>
        {
            DisturbAll();
            takeOver();
            LoseAll();
        });
    }

    private void Garble()
    {
        var node = _world.OneOf(_world.Nodes);
        node.Listening.Odds = (_world.Random.NextDouble() / 2, _world.Random.NextDouble() / 2, _world.Random.NextDouble() / 2);
        HearAgainAfter(_world.Within(0.1, 6), node);
    }

    private void Deafen()
    {
        var node = _world.OneOf(_world.Nodes);
        node.Listening.Odds = (1, 0, 0);
        HearAgainAfter(_world.Within(0.1, 4), node);
    }

    private void HearAgainAfter(TimeSpan delay, SimulatedNode node) => _world.Timeline.After(delay, () =>
    {
        node.Listening.Odds = default;
        node.Machine.After(_world.Within(0, 3), node.Listening.SayMissed);
    });

    private void Slow()
    {
        _world.Net.Slowness = 1 + 30 * _world.Random.NextDouble();
        _world.Timeline.After(_world.Within(0.5, 8), () => _world.Net.Slowness = 1);
    }

    private void SetLate(bool isLate)
    {
        foreach (var node in _world.Nodes) node.Link.ArrivesLate = isLate;
    }
}
