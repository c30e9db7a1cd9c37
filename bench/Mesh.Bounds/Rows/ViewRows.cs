using System.Net;
using System.Net.Sockets;

namespace Mesh.Bounds;

/// <summary>Whatever happened, all views are equal soon after, and right.</summary>
internal static class ViewRows
{
    private const int Users = 50;

    // These stay, and see the others go.
    private const int Undisturbed = 5;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

    // Within the grace and beyond it.
    private static readonly TimeSpan[] Outages = [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(7)];

    // Within which one network after the other fails.
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<Measured>> OutageAsync(Stage stage)
    {
        await using var network = new TcpProxy(stage.Port);
        await using var crowd = await Crowd.GatherAsync(stage.NewName("views"), Enumerable.Range(0, Users).Select(index => index < Undisturbed ? stage.Port : network.Port));
        List<double> samples = [];
        for (var run = 1; run <= Runs(stage); run++)
        {
            network.Refuse();
            network.Drop();
            // Of those who are away and of those who are not.
            var publishing = crowd.PublishAsync(index => index % 3 == run % 3);
            await Task.Delay(Outages[run % Outages.Length]);
            var back = crowd.AllBackAsync(index => index >= Undisturbed, run);
            var right = crowd.RightSinceAsync(back, Crowd.ForGood);
            network.Forward();
            samples.Add(Crowd.Milliseconds(await back, await right));
            await publishing;
        }
        return [Measured.Time($"{Users - Undisturbed} of {Users} users drop for 0 to 7 s: all views equal, once all are connected again", Promised.Equal, crowd.Size, samples)];
    }

    /// <summary>Each behind one of three networks, which lead to three nodes.</summary>
    public static async Task<IReadOnlyList<Measured>> NodesAsync(Stages stages)
    {
        var runs = await stages.RunAsync(NodesAsync);
        return [Measured.Time($"{Users - Undisturbed} of {Users} users drop for 0 to 7 s, and come back to any node: all views equal, once all are connected again", Promised.Equal, Users, [.. runs])];
    }

    public static async Task<IReadOnlyList<Measured>> RestartAsync(Stage stage)
    {
        await stage.SendAudiencesHomeAsync();
        await using var crowd = await Crowd.GatherAsync(stage.NewName("restart"), Enumerable.Repeat(stage.Port, Users));
        List<double> sinceReachable = [];
        List<double> sinceBack = [];
        for (var run = 1; run <= Runs(stage); run++)
        {
            await stage.Server.KillAsync();
            var publishing = crowd.PublishAsync(index => index % 3 == run % 3);
            var reachable = ReachableAsync(stage.Port);
            var back = crowd.AllBackAsync(_ => true, run);
            var right = crowd.RightSinceAsync(back, Crowd.ForGood);
            await stage.Server.StartAgainAsync();
            sinceReachable.Add(Crowd.Milliseconds(await reachable, await right));
            sinceBack.Add(Crowd.Milliseconds(await back, await right));
            await publishing;
        }
        return
        [
            Measured.Time("the server is killed and starts again: all views equal, nobody missing, once it listens", Promised.EqualOnceReachable, crowd.Size, sinceReachable),
            Measured.Time("the same, once all are connected again", Promised.Equal, crowd.Size, sinceBack),
        ];
    }

    private static async Task<double> NodesAsync(ClusterStage stage)
    {
        var nodes = stage.Nodes;
        await using var first = new TcpProxy(AnyPort);
        await using var second = new TcpProxy(AnyPort);
        await using var third = new TcpProxy(AnyPort);
        TcpProxy[] networks = [first, second, third];
        await using var crowd = await Crowd.GatherAsync(
            stage.NewName("views"),
            Enumerable.Range(0, Users).Select(index => index < Undisturbed ? nodes[index % nodes.Count].Server.Port : networks[index % networks.Length].Port));
        var dropping = Task.WhenAll(networks.Select(DropAsync));
        var publishing = crowd.PublishAsync(index => index % 3 == stage.Turn % 3);
        var back = BackAsync();
        var right = crowd.RightSinceAsync(back, Crowd.ForGood);
        var milliseconds = Crowd.Milliseconds(await back, await right);
        await publishing;
        if (milliseconds > Promised.Equal.TotalMilliseconds) Console.Error.WriteLine($"Right after {milliseconds:0} ms; the last to come right: {crowd.LastDifference}");
        return milliseconds;

        int AnyPort() => nodes[Random.Shared.Next(nodes.Count)].Server.Port;

        async Task<long> BackAsync()
        {
            await dropping;
            return await crowd.AllBackAsync(index => index >= Undisturbed, 1);
        }
    }

    private static async Task DropAsync(TcpProxy network)
    {
        await Task.Delay(MostApart * Random.Shared.NextDouble());
        network.Refuse();
        network.Drop();
        await Task.Delay(Outages[Random.Shared.Next(Outages.Length)]);
        network.Forward();
    }

    private static int Runs(Stage stage) => Math.Min(stage.SlowRuns, 10);

    /// <returns>When the server first took a connection.</returns>
    private static async Task<long> ReachableAsync(int port)
    {
        while (true)
        {
            try
            {
                using var attempt = new TcpClient();
                await attempt.ConnectAsync(IPAddress.Loopback, port);
                return Stopwatch.GetTimestamp();
            }
            catch (SocketException)
            {
                await Task.Delay(Step);
            }
        }
    }
}
