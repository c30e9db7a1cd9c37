using System.Globalization;
using System.Runtime.InteropServices;

namespace Mesh.Faults;

/// <summary>The table with what there is to know about it, for docs/.</summary>
internal static class Page
{
    public static string Of(Run run, FaultsOptions options, int acts) =>
        $"""
        # Faults, run

        What the README says under “Many nodes”, put to the test by [bench/Mesh.Faults](../bench/README.md), which wrote this page.

        {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}, {Platform}), .NET {Environment.Version}, seed {options.Seed}.
        Three demo servers and one Redis, each a process of its own; {options.Clients} clients behind a load balancer, {options.Pages} of them by the browser
        client in Node.js, about one in ten a plain one, the others by Mesh.Client; all on the same cores. They did {acts} things meanwhile.

        {Table.Of(run.Outcomes)}
        - A sample is the time from the moment at which the fault has healed (a kill: from the kill) until every view is equal to the truth:
          each client's view by user, what each plain client has heard, and what each node tells a newcomer of each room; and stays so for 1 s.
        - The truth is what was done: who is in which room with how many tabs, and the state acknowledged last.
        - Users go on during a fault, and pause when it has healed. What was asked meanwhile is to be acknowledged by then, too.
        - The bound is one for the worst sample, and the program fails if that is above it.
        - “calm” is between the faults: what one of them left behind would show there.

        """.ReplaceLineEndings("\n");

    private static string Platform => OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "macOS" : "Windows";
}
