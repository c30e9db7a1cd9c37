using System.Globalization;
using System.Text.RegularExpressions;

namespace Mesh.Architecture.Tests;

/// <summary>Each fault of docs/faults.md is named by the tests that keep it away.</summary>
public sealed partial class FaultTests
{
    [GeneratedRegex("""\bTrait\("Fault",\s*"(?<fault>\d+)"\)""")]
    private static partial Regex Named { get; }

    /// <summary>A row of the table: its number, and what its last column says.</summary>
    [GeneratedRegex(@"^\| (?<fault>\d+) \|.*\| (?<tested>[^|]*)\|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row { get; }

    private static readonly ILookup<int, string> Tests = Repository.Files("tests", "*.cs")
        .SelectMany(file => Named.Matches(Repository.Read(file)).Select(match => (Fault: Number(match), file)))
        .ToLookup(it => it.Fault, it => it.file);

    private static readonly MatchCollection Listed = Row.Matches(Repository.Read("docs/faults.md").ReplaceLineEndings("\n"));

    public static TheoryData<int> Tested => [.. Listed.Where(row => row.Groups["tested"].Value is "yes ").Select(Number)];

    [Theory]
    [MemberData(nameof(Tested))]
    public void Has_a_test(int fault) => Tests[fault].ShouldNotBeEmpty();

    [Fact]
    public void Are_numbered_without_a_gap() => Listed.Select(Number).ShouldBe(Enumerable.Range(1, Math.Max(22, Listed.Count)));

    [Fact]
    public void All_have_one() => Listed.Select(Number).Except(Tested.Select(it => it.Data)).ShouldBeEmpty();

    [Fact]
    public void Tests_name_no_other() => Tests.Select(it => it.Key).Except(Listed.Select(Number)).ShouldBeEmpty();

    private static int Number(Match match) => int.Parse(match.Groups["fault"].Value, CultureInfo.InvariantCulture);
}
