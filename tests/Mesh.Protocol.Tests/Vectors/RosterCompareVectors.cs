namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §10: Compare.</summary>
public class RosterCompareVectors
{
    public const string FileName = "roster-compare.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Compare_gives_just_that_and_it_makes_b_of_a(string name)
    {
        var (_, a, b, diff) = VectorFile.Case<Case>(FileName, name);
        Roster.Compare(a, b).ShouldBe(diff);
        a.Apply(diff).ShouldBe(b);
    }

    public sealed record Case(string Name, Roster A, Roster B, RosterDiff Diff) : IVectorCase;
}
