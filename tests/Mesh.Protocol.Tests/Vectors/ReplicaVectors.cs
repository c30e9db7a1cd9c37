using System.Collections.Immutable;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §10: the rules of a receiver.</summary>
public class ReplicaVectors
{
    public const string FileName = "replica.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_step_has_its_outcome(string name)
    {
        var replica = new RosterReplica();
        foreach (var (at, (outcome, snapshot, diff, resync, roster)) in VectorFile.Case<Case>(FileName, name).Steps.Index())
        {
            var got = snapshot is not null ? replica.Receive(snapshot)
                : diff is not null ? replica.Receive(diff)
                : replica.ReceiveResync(resync.ShouldNotBeNull());
            got.ToString().ShouldBe(outcome, $"step {at}", StringCompareShould.IgnoreCase);
            if (roster is not null) replica.Roster.ShouldBe(roster, $"step {at}");
        }
    }

    public sealed record Case(string Name, ImmutableArray<Step> Steps) : IVectorCase;

    public sealed record Step(string Outcome, Roster? Snapshot = null, RosterDiff? Diff = null, RosterDiff? Resync = null, Roster? Roster = null);
}
