using System.Text.RegularExpressions;

namespace Mesh.Architecture.Tests;

/// <summary>The browser client runs as it is, from any server that offers its folder.</summary>
public sealed partial class BrowserClientTests
{
    /// <summary>Of an import or export, also a dynamic one or one of a type, the module.</summary>
    [GeneratedRegex("""(\bfrom\s*|\bimport\s*\(?\s*)["'](?<module>[^"']+)["']""", RegexOptions.ExplicitCapture)]
    private static partial Regex ImportedModule { get; }

    // Tests, and the scripts that make the package, run in Node.
    public static TheoryData<string> Modules => [.. Repository.Files("clients/javascript", "*.js").Where(file =>
        !file.Contains("/test/", StringComparison.Ordinal) && !file.Contains("/scripts/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Modules))]
    public void Imports_only_modules_beside_it(string module)
    {
        var folder = Path.GetDirectoryName(module)!;
        foreach (var imported in ImportedModule.Matches(Repository.Read(module)).Select(match => match.Groups["module"].Value))
        {
            imported.ShouldStartWith("./");
            Repository.Exists(Path.Combine(folder, imported)).ShouldBeTrue(imported);
        }
    }

    [Fact]
    public void Needs_no_other_package_to_run() =>
        Repository.Read("clients/javascript/package.json").ShouldNotContain("\"dependencies\"");
}
