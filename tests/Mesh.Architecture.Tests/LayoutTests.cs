using System.Xml.Linq;

namespace Mesh.Architecture.Tests;

/// <summary>Everything is where CONTRIBUTING.md says.</summary>
public sealed class LayoutTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData("LICENSE")]
    [InlineData("Mesh.slnx")]
    [InlineData("global.json")]
    [InlineData("Directory.Build.props")]
    [InlineData("Directory.Packages.props")]
    [InlineData("BannedSymbols.txt")]
    [InlineData(".editorconfig")]
    [InlineData("test.sh")]
    [InlineData(".ci/run")]
    [InlineData("protocol/protocol.md")]
    [InlineData("protocol/vectors/README.md")]
    [InlineData("src/Mesh.Client/Mesh.Client.csproj")]
    [InlineData("src/Mesh.Protocol/Mesh.Protocol.csproj")]
    [InlineData("src/Mesh.Server/Mesh.Server.csproj")]
    [InlineData("clients/javascript/package.json")]
    [InlineData("clients/javascript/client.js")]
    [InlineData("clients/javascript/client-utils.js")]
    [InlineData("samples/PresenceConsole/PresenceConsole.csproj")]
    [InlineData("samples/PresenceDemo/PresenceDemo.csproj")]
    [InlineData("docs/configuration.md")]
    [InlineData("docs/faults.md")]
    [InlineData("docs/decisions/README.md")]
    public void Is_there(string path) => Repository.Exists(path).ShouldBeTrue();

    [Theory]
    [InlineData("src/Mesh.Client", "Browser", "Connection", "Diagnostics", "Hosting", "Metadata", "Presence", "Rooms", "Storage")]
    [InlineData("src/Mesh.Server", "Backplane", "Commands", "Connections", "Diagnostics", "Hosting", "Metadata", "Presence", "Rooms")]
    public void Has_a_folder_for_each_subject(string project, params string[] subjects) =>
        Repository.Files(project, "*.cs").Select(file => file.Split('/')[2]).Distinct(StringComparer.Ordinal).ShouldBe(subjects, ignoreOrder: true);

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument.Parse(Repository.Read("Mesh.slnx")).Descendants("Project").Select(it => (string?)it.Attribute("Path"));
        listed.ShouldBe(Repository.Projects("src", "samples", "tests", "bench").Select(it => it.Path), ignoreOrder: true);
    }

    [Fact]
    public void Every_project_is_tested_by_one_of_its_name()
    {
        var tests = Repository.Projects("tests").Select(it => it.Name).ToList();
        Repository.Projects("src").Select(it => it.Name + ".Tests").Except(tests, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("test.sh")]
    [InlineData(".ci/run")]
    public void Can_be_run(string script)
    {
        // Windows has no such permission.
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(Repository.Root, script)).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
    }
}
