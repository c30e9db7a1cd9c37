namespace Mesh.Testing;

/// <summary>Where things are, relative to the tests that run.</summary>
public static class Checkout
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory);

    /// <summary>The folder that holds Mesh.slnx.</summary>
    private static readonly string Root = Above(Output, folder => File.Exists(Path.Combine(folder, "Mesh.slnx")));

    /// <summary>In which the tests were built.</summary>
    public static string Configuration => Output.Parent!.Name;

    /// <summary>A folder by its path from the root.</summary>
    public static string Folder(string path) => Path.Combine(Root, path);

    /// <summary>The assembly of a project as it was built with the tests: in the same configuration, for the same framework.</summary>
    public static string Built(string project) => Path.Combine(Folder(project), "bin", Configuration, Output.Name, $"{Path.GetFileName(project)}.dll");

    /// <summary>A file or folder that was copied beside the tests.</summary>
    public static string Copied(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);

    private static string Above(DirectoryInfo? folder, Predicate<string> wanted)
    {
        while (folder is not null && !wanted(folder.FullName)) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside a checkout.");
    }
}
