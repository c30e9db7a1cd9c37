namespace Mesh.Bounds;

/// <summary>A node ends: whose client is back on another one was never away, and the others are seen to leave on all nodes.</summary>
internal static class NodeRows
{
    private const int Movers = 3;

    // A view and a bare connection on each of the other nodes.
    private const int Receivers = 4;

    // What comes of the members that a node leaves behind comes for all at once: this is for those that come late.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    public static Task<IReadOnlyList<Measured>> KilledAsync(Stages stages) =>
        EndAsync(stages, "a node is killed (SIGKILL)", Promised.NodeDead, node => node.KillAsync());

    public static Task<IReadOnlyList<Measured>> ShutDownAsync(Stages stages) =>
        EndAsync(stages, "a node is shut down (SIGTERM)", Promised.NodeShutDown, node => node.TerminateAsync());

    /// <summary>One cluster at a time: so many receivers take the machine.</summary>
    public static async Task<IReadOnlyList<Measured>> KilledBeforeManyAsync(Stages stages)
    {
        var runs = await stages.RunAsync(stage => RunAsync(stage, Promised.NodeDead, node => node.KillAsync(), stages.Receivers), atATime: 1);
        return [Measured.Time("a node is killed (SIGKILL), as many look at the room: the other members leave everywhere", Promised.NodeDead, stages.Receivers, [.. runs.Select(run => run.Left)])];
    }

    private static async Task<IReadOnlyList<Measured>> EndAsync(Stages stages, string what, TimeSpan bound, Func<Node, Task> end)
    {
        var runs = await stages.RunAsync(stage => RunAsync(stage, bound, end));
        return
        [
            Measured.Nothing($"{what}: members whose clients resume on others", Receivers, runs.Count, runs.Sum(run => run.Shown)),
            Measured.Time($"{what}: the other members leave everywhere", bound, Receivers, [.. runs.Select(run => run.Left)]),
        ];
    }

    private static async Task<(int Shown, double Left)> RunAsync(ClusterStage stage, TimeSpan bound, Func<Node, Task> end, int receivers = Receivers)
    {
        var victim = await stage.VictimAsync();
        var others = stage.Others(victim);
        int[] ports = [.. others.Select(node => node.Server.Port)];
        await using var staying = await Audience.GatherAsync(ports, stage.NewName("staying"), receivers);
        await using var moving = await Audience.GatherAsync(ports, stage.NewName("moving"), Receivers);
        await using var door = new TcpProxy(() => (victim.IsInService ? victim : others[Random.Shared.Next(others.Count)]).Server.Port);
        var movers = await Task.WhenAll(Enumerable.Range(0, Movers).Select(_ => moving.WelcomeAsync(door.Port, stage.NewName("mover"))));
        var before = (Ids: movers.Select(mover => mover.ConnectionId).ToList(), moving.Shown);
        await using var session = await Guest.EnterAsync(victim.Server.Port, stage.NewName("guest"), staying);
        await using var plain = await Guest.JoinAsync(victim.Server.Port, stage.NewName("plain"), staying);
        await Stage.PauseAsync();

        var ending = new Lazy<Task>(() => end(victim));
        var left = await Task.WhenAll(session.LeaveTimeAsync(bound, () => ending.Value), plain.LeaveTimeAsync(bound, () => ending.Value));
        await Wait.UntilAsync(() => movers.All(mover => mover.Connections > 1));
        await Task.Delay(Aftermath);
        var shown = moving.Shown - before.Shown;

        if (!movers.Select(mover => mover.ConnectionId).SequenceEqual(before.Ids, StringComparer.Ordinal))
            Console.Error.WriteLine("Some are back, but not as the same connections.");
        foreach (var mover in movers)
        {
            var mark = stage.NewName("mark");
            using var seen = moving.AwaitPublish(mover.UserId, mark);
            await mover.PublishAsync(mark);
            if (double.IsInfinity(await seen.SeenByAllAsync(0, Patience.Limit))) throw new InvalidOperationException("Somebody is back, and not seen any more.");
            await mover.DisposeAsync();
        }
        await victim.StartAgainAsync();
        stage.BeginAgain(victim);
        return (shown, left.Max());
    }
}
