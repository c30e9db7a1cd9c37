using System.Text.RegularExpressions;

namespace Mesh.Architecture.Tests;

/// <summary>Each promise of SECURITY.md names a test that there is.</summary>
public sealed partial class SecurityPageTests
{
    /// <summary>A row of the table: its number, the promise, and the tests.</summary>
    [GeneratedRegex(@"^\| (?<number>\d+) \| (?<promise>[^|]*) \| (?<tests>[^|]*) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row { get; }

    /// <summary>A test by its class and method, or one of the browser client's by its file and title.</summary>
    [GeneratedRegex("`(?<file>[A-Za-z.-]+)(\\.|: )(?<name>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Named { get; }

    private static readonly MatchCollection Promises = Row.Matches(Repository.Read("SECURITY.md").ReplaceLineEndings("\n"));

    public static TheoryData<string, string> Tests =>
        [.. Promises.SelectMany(row => Named.Matches(row.Groups["tests"].Value)).Select(it => (it.Groups["file"].Value, it.Groups["name"].Value)).Distinct()];

    [Fact]
    public void Each_promise_has_one()
    {
        // A row that is not written like the others would be overlooked.
        Promises.Select(row => row.Groups["number"].Value).ShouldBe(Enumerable.Range(1, Math.Max(16, Promises.Count)).Select(it => $"{it}"));
        foreach (Match row in Promises)
        {
            var tests = row.Groups["tests"].Value;
            Named.Count(tests).ShouldBeGreaterThan(0, row.Value);
            // What is named otherwise would not be looked for.
            tests.Count(it => it == '`').ShouldBe(2 * Named.Count(tests), row.Value);
        }
    }

    [Theory]
    [MemberData(nameof(Tests))]
    public void The_test_is_there(string file, string name) =>
        Repository.Files("tests", $"{file}.cs").Concat(Repository.Files("clients/javascript/test", $"{file}.js"))
            .ShouldContain(path => Regex.IsMatch(
                Repository.Read(path).ReplaceLineEndings("\n"),
                path.EndsWith(".js", StringComparison.Ordinal) ? Titled(name) : Attributed(file, name),
                RegexOptions.Multiline));

    // A method of the class, right below [Fact] or [Theory] and what else is said of it, neither of which skips it.
    private static string Attributed(string type, string method) =>
        $$"""^public (sealed )?(partial )?class {{type}}\b[\s\S]*^    \[(Fact|Theory)\]\n( +(\[(?!.*\bSkip)|//).*\n)* +public (async )?[\w<>]+ {{Regex.Escape(method)}}\(""";

    private static string Titled(string title) => $$"""^test\("{{Regex.Escape(title)}}", (?!.*\b(skip|todo):)""";
}
