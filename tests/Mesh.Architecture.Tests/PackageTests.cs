using Mesh.Testing;

namespace Mesh.Architecture.Tests;

/// <summary>The packages, as a project uses them that has nothing else of Mesh.</summary>
public sealed class PackageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_fresh_project_runs_on_the_packages_alone()
    {
        var folder = Directory.CreateTempSubdirectory("mesh-consumer-").FullName;
        try
        {
            File.Copy(Checkout.Copied("Consumer", "Program.cs"), Path.Combine(folder, "Program.cs"));
            File.Copy(Checkout.Copied("Consumer", "Consumer.csproj.txt"), Path.Combine(folder, "Consumer.csproj"));
            foreach (var project in new[] { "Mesh.Protocol", "Mesh.Server", "Mesh.Server.Redis", "Mesh.Client" })
                await DotnetAsync("pack", Checkout.Folder($"src/{project}"), "--no-build", "--configuration", Checkout.Configuration, "--output", Path.Combine(folder, "feed"));
            await DotnetAsync("build", folder, "--nologo");
            (await DotnetAsync("run", "--no-build", "--project", folder)).ShouldBe(["alice: 1", "client.js"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<string>> DotnetAsync(params string[] arguments)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        // Build servers would outlive it.
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ALL_OTHER_PACKAGES"] = packages,
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
        };
        await using var dotnet = RunningProgram.Start("dotnet", arguments, environment);
        (await dotnet.EndsAsync(Limit)).ShouldBe(0, string.Join('\n', dotnet.Lines));
        return dotnet.Lines;
    }
}
