using System.Xml.Linq;

namespace Mesh.Architecture.Tests;

/// <summary>The checkout that these tests look at.</summary>
internal static class Repository
{
    private static readonly string[] BuildFolders = ["bin", "obj", "node_modules"];

    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>The files of a folder and all below it, as paths from the root with slashes, without what a build made.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Exists(folder)
            ? Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
                .Where(file => !file.Split('/').Intersect(BuildFolders, StringComparer.Ordinal).Any())
                .Order(StringComparer.Ordinal)
            : [];

    public static IEnumerable<Project> Projects(params string[] folders) =>
        folders.SelectMany(folder => Files(folder, "*.csproj")).Select(path => new Project(path, XDocument.Parse(Read(path))));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Mesh.slnx"))) return folder.FullName;
        throw new InvalidOperationException("Mesh.slnx is in no folder above the tests.");
    }
}
