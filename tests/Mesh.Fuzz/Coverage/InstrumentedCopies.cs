using SharpFuzz;

namespace Mesh.Fuzz;

/// <summary>This program in a folder of its own, in which the product's assemblies say which edges they take.</summary>
internal sealed class InstrumentedCopies : IDisposable
{
    private static readonly string[] Instrumented = ["Mesh.Protocol.dll", "Mesh.Server.dll"];

    private InstrumentedCopies(string folder) => Folder = folder;

    public string Folder { get; }

    public static InstrumentedCopies Make()
    {
        var folder = Directory.CreateTempSubdirectory("mesh-fuzz-").FullName;
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            if (Path.GetExtension(file) is ".dll" or ".json") File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        foreach (var name in Instrumented) Fuzzer.Instrument(Path.Combine(folder, name), IsOurs, Options.Value);
        return new(folder);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    // What is generated (serialization, logging) is many branches that say nothing of an input.
    private static bool IsOurs(string type) => type.StartsWith("Mesh.", StringComparison.Ordinal) && !type.Contains("Json/", StringComparison.Ordinal);
}
