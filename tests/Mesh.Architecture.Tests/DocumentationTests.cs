namespace Mesh.Architecture.Tests;

/// <summary>What is public is written down.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void The_compiler_asks_for_a_comment_on_every_public_member()
    {
        foreach (var assembly in Product.Assemblies)
            File.Exists(Path.ChangeExtension(assembly.Location, ".xml")).ShouldBeTrue($"{assembly.GetName().Name} has no documentation file");

        // Constants whose names are their own description may go without.
        Repository.Files("src", "*.cs").Where(file => !file.EndsWith("/CommandNames.cs", StringComparison.Ordinal))
            .Concat(Repository.Files("src", "*.csproj")).Concat(Repository.Files("src", "*.props"))
            .Concat(["Directory.Build.props", ".editorconfig"])
            .Where(file => Repository.Read(file).Contains("CS1591", StringComparison.Ordinal))
            .ShouldBeEmpty("here the warning is turned off");
    }

    [Fact]
    public void The_smallest_CSharp_client_is_the_one_that_is_tested() =>
        CodeUnder("## The smallest C# client").ShouldBe(Repository.Read("tests/Mesh.Client.Snippet/Program.cs").ReplaceLineEndings("\n"));

    /// <summary>The first code under a heading of the README.</summary>
    private static string CodeUnder(string heading)
    {
        const string Begin = "\n```csharp\n";
        var readme = Repository.Read("README.md").ReplaceLineEndings("\n");
        var section = readme[(readme.IndexOf($"\n{heading}\n", StringComparison.Ordinal) + 1)..];
        var code = section[(section.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..];
        return code[..code.IndexOf("```\n", StringComparison.Ordinal)];
    }
}
