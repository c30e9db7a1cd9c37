namespace Mesh.Client.Tests;

/// <summary>A test that runs a program on the client as a process of its own, with nothing stored.</summary>
public abstract class ProgramScenario : Scenario
{
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-client-tests-").FullName;

    public override async ValueTask InitializeAsync() => await StartAsync();

    internal RunningProgram Run(string file, IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        Own(RunningProgram.Start(file, arguments, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Where local application data is, on most systems.
            ["HOME"] = _data,
            ["XDG_DATA_HOME"] = _data,
        }.Concat(environment.Select(it => KeyValuePair.Create(it.Name, it.Value))).ToDictionary(StringComparer.Ordinal)));

    protected override void End() => Directory.Delete(_data, recursive: true);
}
