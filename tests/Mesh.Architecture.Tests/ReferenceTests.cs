using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Mesh.Architecture.Tests;

/// <summary>Who may know whom.</summary>
public sealed class ReferenceTests
{
    private const string Redis = "Mesh.Server.Redis";

    /// <summary>Each project of src/, and the only projects it may reference.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Mesh.Protocol"] = [],
        ["Mesh.Server"] = ["Mesh.Protocol"],
        [Redis] = ["Mesh.Protocol", "Mesh.Server"],
        ["Mesh.Client"] = ["Mesh.Protocol"],
    };

    [Fact]
    public void Projects_of_src_reference_only_what_the_layout_allows()
    {
        // So neither samples, tests and bench, nor the server from the client, nor the other way round.
        foreach (var project in Repository.Projects("src"))
            project.Projects.Except(Allowed.GetValueOrDefault(project.Name) ?? throw new InvalidOperationException($"{project.Name} has no place in the layout."), StringComparer.Ordinal)
                .ShouldBeEmpty(project.Path);
    }

    [Fact]
    public void The_protocol_references_only_the_base_library()
    {
        var baseLibrary = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        foreach (var reference in Product.Protocol.GetReferencedAssemblies())
            File.Exists(Path.Combine(baseLibrary, reference.Name + ".dll")).ShouldBeTrue($"{reference.Name} is not of the base library");

        var project = Repository.Projects("src/Mesh.Protocol").Single();
        project.Packages.ShouldBeEmpty();
        project.Frameworks.ShouldBeEmpty();
    }

    [Fact]
    public void The_server_references_only_its_framework_and_the_protocol()
    {
        var project = Repository.Projects("src/Mesh.Server").Single(it => it.Name == "Mesh.Server");
        project.Packages.ShouldBeEmpty();
        project.Frameworks.ShouldBe(["Microsoft.AspNetCore.App"]);
    }

    [Fact]
    public void The_client_references_only_the_protocol_and_abstractions()
    {
        var project = Repository.Projects("src/Mesh.Client").Single();
        project.Packages.ShouldAllBe(package => package.EndsWith(".Abstractions", StringComparison.Ordinal) || package == "Microsoft.Extensions.Options");
        project.Frameworks.ShouldBeEmpty();
    }

    [Fact]
    public void Types_of_the_protocol_know_none_of_the_server_and_the_client() =>
        Types().That().ResideInAssembly(Product.Protocol)
            .Should().NotDependOnAny(Types().That().ResideInAssembly(Product.Server, Product.Client))
            .Check(Product.Architecture);

    [Fact]
    public void Rosters_and_views_know_no_clock_and_no_network() =>
        Types().That().ResideInAssembly(Product.Protocol)
            .Should().NotDependOnAnyTypesThat().HaveFullNameMatching(@"^System\.(TimeProvider$|Threading\.Timer$|Net\.|IO\.Pipelines\.)")
            .Check(Product.Architecture);

    [Fact]
    public void Only_the_Redis_backend_knows_Redis()
    {
        foreach (var project in Repository.Projects("src").Where(it => it.Name != Redis))
            project.Packages.ShouldAllBe(package => !package.Contains("Redis", StringComparison.OrdinalIgnoreCase), project.Path);
        Repository.Files("src", "*.cs").Where(file => !file.StartsWith($"src/{Redis}/", StringComparison.Ordinal))
            .Where(file => Repository.Read(file).Contains("StackExchange", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }
}
