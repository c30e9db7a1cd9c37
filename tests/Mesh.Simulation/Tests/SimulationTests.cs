using System.Globalization;
using Shouldly;
using Xunit;

namespace Mesh.Simulation.Tests;

/// <summary>All is right in the end, in every seed; and where a fault was put in, the simulation finds it. See docs/simulation.md.</summary>
[Collection(nameof(SimulationTests))]
public sealed class SimulationTests
{
    // So many in every run, and more by command or by this.
    private static int Seeds => Environment.GetEnvironmentVariable("MESH_SEEDS") is { Length: > 0 } seeds ? int.Parse(seeds, CultureInfo.InvariantCulture) : 1000;

    [Fact]
    public void All_is_right_after_all_faults()
    {
        var outcomes = Worker.Run(first: 1, Seeds, Planted.Nothing).ToList();
        outcomes.Count.ShouldBe(Seeds);
        outcomes.Where(it => !it.IsRight).Select(it => $"--seed {it.Seed}: {it.Violation}").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(Planted.NoOwnerCheck), 400)]
    [InlineData(nameof(Planted.LostLastMessage), 400)]
    [InlineData(nameof(Planted.RevisionRolledBack), 400)]
    [InlineData(nameof(Planted.RestoreRaisesStamp), 20)]
    [InlineData(nameof(Planted.ReapsAfterOutage), 400)]
    [InlineData(nameof(Planted.LossUnnoticed), 1000)]
    public void A_planted_fault_is_found(string name, int within)
    {
        var found = Worker.Run(first: 1, within, Enum.Parse<Planted>(name)).FirstOrDefault(it => !it.IsRight);
        found.ShouldNotBeNull($"{name} was not found in {within} seeds");
        TestContext.Current.SendDiagnosticMessage($"{name} is found by --seed {found.Seed}: {found.Violation}");
    }

    [Fact]
    public void A_seed_always_comes_out_the_same()
    {
        var once = Worker.Run(first: 1, 40, Planted.Nothing).OrderBy(it => it.Seed).ToList();
        var again = Worker.Run(first: 1, 40, Planted.Nothing).OrderBy(it => it.Seed).ToList();
        again.ShouldBe(once);
        once.Select(it => it.Trace).ShouldBeUnique();
    }
}
