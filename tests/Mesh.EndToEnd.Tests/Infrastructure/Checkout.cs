namespace Mesh.EndToEnd.Tests;

/// <summary>Where things are, relative to this assembly.</summary>
public static class Checkout
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);

    /// <summary>The folder that holds Mesh.slnx.</summary>
    private static readonly string Root = Above(Output, folder => File.Exists(Path.Combine(folder, "Mesh.slnx")));

    /// <summary>The demo's project folder, which holds its pages.</summary>
    public static string DemoFolder { get; } = Path.Combine(Root, "samples", "PresenceDemo");

    /// <summary>The demo as it was built with this assembly: in the same configuration, for the same framework.</summary>
    public static string DemoAssembly { get; } = Path.Combine(DemoFolder, "bin", Output.Parent!.Name, Output.Name, "PresenceDemo.dll");

    /// <summary>A file or folder that was copied beside this assembly.</summary>
    public static string Copied(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);

    private static string Above(DirectoryInfo? folder, Predicate<string> wanted)
    {
        while (folder is not null && !wanted(folder.FullName)) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside a checkout.");
    }
}
