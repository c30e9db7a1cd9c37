using System.Globalization;
using System.Runtime.InteropServices;

namespace Mesh.Bounds;

/// <summary>A table with what there is to know about it, for docs/.</summary>
internal static class Page
{
    public static string Of(IReadOnlyList<Measured> all, BoundsOptions options) => (options.Nodes ? ManyNodes(all, options) : OneNode(all, options)).ReplaceLineEndings("\n");

    private static string OneNode(IReadOnlyList<Measured> all, BoundsOptions options) =>
        $"""
        # Bounds, measured

        What the README says under “What holds”, measured by [bench/Mesh.Bounds](../bench/README.md), which wrote this page.

        {Conditions}
        The demo server is a process of its own with its default options; all clients are in one other process, on the same cores.

        {Table.Of(all)}
        - Runs: {options.Runs} for what is over at once (a join goes before each way to leave), {options.SlowRuns} or fewer for what takes seconds.
        {Samples}

        """;

    private static string ManyNodes(IReadOnlyList<Measured> all, BoundsOptions options) =>
        $"""
        # Bounds on many nodes, measured

        What the README says under “What holds”, where rooms are shared by many nodes: measured by [bench/Mesh.Bounds](../bench/README.md) with
        `--nodes`, which wrote this page. Those on one node are in [bounds.md](bounds.md).

        {Conditions}
        A cluster is three demo servers, processes of their own with their default options, and a Redis; all clients are in one other process, on
        the same cores. Who looks is always on another node than what happens. Up to “a session falls silent” there is one cluster; from the row
        of killed nodes, {options.Stages} at a time, each with a network between Redis and each node that can fail.

        {Table.Of(all)}
        - Runs: {options.Runs} for what is over at once (a join goes before each way to leave), {options.SlowRuns} for what takes seconds.
        {Samples}
        - Where a user signs out there are three servers of [the sample with sign-in](../samples/PresenceSignIn), and a room in which
          another user says something 50 times a second. The tabs are bare connections, all in it.
        - Where a node is killed as many look at the room, one cluster is at work at a time, and its receivers are on the two other nodes.
        - Where else nodes or Redis fail, receivers are views by user of Mesh.Client, on each other node, or on all; where a node is killed or shut down
          there is a bare connection beside each.
        - A node that is to fail is chosen when another has renewed its lease for long enough to judge it: a cluster that has just started takes
          up to 9 s more.
        - Members of a node that fails are of Mesh.Client, sessions by hand and plain clients; the sample is the last one's time.
        - Where Redis loses something, some users publish meanwhile in every other run. Right is a view that is fresh and shows all users, in the
          same order everywhere, with what they said last, and stays so for 10 s. What an older dump does not know: one user has gone, one has
          come, some have published.
        - “Nobody is missing for longer”: the longest time for which any one view lacked somebody who was there, at any time of the run.

        """;

    private const string Samples =
        """
        - A sample is the time from the act, as its client begins it, until the *last* receiver has seen it. One receiver is a view by user
          of Mesh.Client; the others are bare connections in the same room, which read every diff.
        - Where nothing is to be seen, all frames and views that any receiver got are counted, until all grace is over.
        - The bound is one for the maximum, and the program fails if that is above it.
        - “Clients limit”: this program needed more of the cores than the server, so that the server alone is faster than what is said.
        """;

    private static string Conditions =>
        $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}, {Platform}), .NET {Environment.Version}.";

    private static string Platform => OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "macOS" : "Windows";
}
