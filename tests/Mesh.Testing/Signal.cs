using System.Diagnostics;
using System.Globalization;

namespace Mesh.Testing;

/// <summary>What a process is told by its system, where there are signals.</summary>
internal static class Signal
{
    public static async Task SendAsync(Process process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
