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
        Promises.Count.ShouldBeGreaterThan(10);
        foreach (Match row in Promises) Named.IsMatch(row.Groups["tests"].Value).ShouldBeTrue(row.Value);
    }

    [Theory]
    [MemberData(nameof(Tests))]
    public void The_test_is_there(string file, string name) =>
        Repository.Files("tests", "*.cs").Concat(Repository.Files("clients/javascript/test", "*.js"))
            .Where(path => Path.GetFileName(path) is var of && (of == $"{file}.cs" || of == $"{file}.js"))
            .ShouldContain(path => Repository.Read(path).Contains(path.EndsWith(".js", StringComparison.Ordinal) ? $"test(\"{name}\"" : $" {name}(", StringComparison.Ordinal));
}
