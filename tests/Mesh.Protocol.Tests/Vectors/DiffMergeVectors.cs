using System.Collections.Immutable;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §10: several diffs as one.</summary>
public class DiffMergeVectors
{
    public const string FileName = "diff-merge.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Merged_they_are_just_that_and_lead_where_each_leads(string name)
    {
        var (_, roster, diffs, merged) = VectorFile.Case<Case>(FileName, name);
        var builder = new RosterDiffBuilder();
        var before = new List<Roster>();
        foreach (var diff in diffs)
        {
            before.Add(roster);
            builder.Add(roster, diff);
            roster = roster.Apply(diff);
        }
        builder.Build().ShouldBe(merged);
        foreach (var one in before) one.Apply(merged).ShouldBe(roster);
    }

    public sealed record Case(string Name, Roster Roster, ImmutableArray<RosterDiff> Diffs, RosterDiff Merged) : IVectorCase;
}
