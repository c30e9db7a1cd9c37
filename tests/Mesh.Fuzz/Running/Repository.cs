namespace Mesh.Fuzz;

/// <summary>Where the inputs are kept.</summary>
internal static class Repository
{
    public static string Corpus(string target) => Folder("corpus", target);

    public static string Findings(string target) => Folder("findings", target);

    private static string Folder(string kind, string target) => Path.Combine(Root(), "tests", "Mesh.Fuzz", kind, target);

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Mesh.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout: name --corpus and --findings.");
    }
}
