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
            var right = crowd.RightSinceAsync(back);
            network.Forward();
            samples.Add(Between(await back, await right));
            await publishing;
        }
        return [Measured.Time($"{Users - Undisturbed} of {Users} users drop for 0 to 7 s: all views equal, once all are connected again", Promised.Equal, crowd.Size, samples)];
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
            var right = crowd.RightSinceAsync(back);
            await stage.Server.StartAgainAsync();
            sinceReachable.Add(Between(await reachable, await right));
            sinceBack.Add(Between(await back, await right));
            await publishing;
        }
        return
        [
            Measured.Time("the server is killed and starts again: all views equal, nobody missing, once it listens", Promised.EqualOnceReachable, crowd.Size, sinceReachable),
            Measured.Time("the same, once all are connected again", Promised.Equal, crowd.Size, sinceBack),
        ];
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

    // Views may be right a moment before the last client says that it is back.
    private static double Between(long from, long to) =>
        to == long.MaxValue ? double.PositiveInfinity : Math.Max(0, Stopwatch.GetElapsedTime(from, to).TotalMilliseconds);
}
