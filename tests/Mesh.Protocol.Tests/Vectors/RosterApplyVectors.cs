namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §10: what a receiver does with a diff, and what comes of it.</summary>
public class RosterApplyVectors
{
    public const string FileName = "roster-apply.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_gives_just_that(string name)
    {
        var (_, roster, diff, outcome, result) = VectorFile.Case<Case>(FileName, name);

        roster.Judge(diff).ToString().ShouldBe(outcome, StringCompareShould.IgnoreCase);

        if (outcome == "gap")
        {
            Should.Throw<ArgumentException>(() => roster.Apply(diff));
            return;
        }
        var after = roster.Apply(diff);
        after.ShouldBe(result ?? roster);
        if (outcome == "ignored") after.ShouldBeSameAs(roster);
    }

    public sealed record Case(string Name, Roster Roster, RosterDiff Diff, string Outcome, Roster? Result = null) : IVectorCase;
}
