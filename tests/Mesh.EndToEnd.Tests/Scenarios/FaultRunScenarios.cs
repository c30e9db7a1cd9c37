namespace Mesh.EndToEnd.Tests;

/// <summary>The short run of bench/Mesh.Faults: three nodes and their Redis, which fail while clients of all kinds go on.</summary>
[Collection(nameof(Alone))]
public sealed class FaultRunScenarios
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // Pings more often than by default let silent faults be short; the slack is for a machine that has other tests to run.
    private static readonly string[] Options = ["--rounds", "1", "--clients", "50", "--pages", "3", "--ping-interval", "2", "--slack", "3"];

    private static readonly string[] Kinds = ["kill", "pause", "reset", "black-hole", "lost-answers", "cut", "redis-flush", "redis-restart"];

    [Fact]
    public async Task After_each_fault_all_views_are_right_again()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There are no signals.");
        await using var run = RunningProgram.Start(Checkout.Built("bench/Mesh.Faults"), [.. Options, .. Kinds.SelectMany(kind => new[] { "--fault", kind })]);
        var code = await EndAsync(run);
        code.ShouldBe(0, string.Join('\n', run.Lines));
    }

    // One that is asked to end ends what it has started.
    private static async Task<int> EndAsync(RunningProgram run)
    {
        try
        {
            return await run.EndsAsync(Limit);
        }
        catch (TimeoutException)
        {
            await run.TerminateAsync();
            await run.EndsAsync();
            throw;
        }
    }
}
