using System.Globalization;
using System.Runtime.InteropServices;

namespace Mesh.Bounds;

/// <summary>The table with what there is to know about it, for docs/.</summary>
internal static class Page
{
    public static string Of(IReadOnlyList<Measured> all, BoundsOptions options) =>
        $"""
        # Bounds, measured

        What the README says under “What holds”, measured by [bench/Mesh.Bounds](../bench/README.md), which wrote this page.

        {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}, {Platform}), .NET {Environment.Version}.
        The demo server is a process of its own with its default options; all clients are in one other process, on the same cores.

        {Table.Of(all)}
        - Runs: {options.Runs} for what is over at once (a join goes before each way to leave), {options.SlowRuns} or fewer for what takes seconds.
        - A sample is the time from the act, as its client begins it, until the *last* receiver has seen it. One receiver is a view by user
          of Mesh.Client; the others are bare connections in the same room, which read every diff.
        - Where nothing is to be seen, all frames and views that any receiver got are counted, until all grace is over.
        - The bound is one for the maximum, and the program fails if that is above it.
        - “Clients limit”: this program needed more of the cores than the server, so that the server alone is faster than what is said.

        """.ReplaceLineEndings("\n");

    private static string Platform => OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "macOS" : "Windows";
}
