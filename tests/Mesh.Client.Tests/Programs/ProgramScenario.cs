namespace Mesh.Client.Tests;

/// <summary>A test that runs programs on the client as processes of their own, with a storage that begins empty.</summary>
public abstract class ProgramScenario : Scenario
{
    private readonly TemporaryFolder _home;

    protected ProgramScenario() => _home = Own(new TemporaryFolder());

    public override async ValueTask InitializeAsync() => await StartAsync();

    internal RunningProgram Run(string file, IEnumerable<string> arguments, params IEnumerable<KeyValuePair<string, string>> environment) =>
        Own(RunningProgram.Start(file, arguments, [.. _home.AsHome, .. environment]));
}
