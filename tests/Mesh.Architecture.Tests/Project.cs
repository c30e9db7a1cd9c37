using System.Xml.Linq;

namespace Mesh.Architecture.Tests;

/// <summary>A project file, by its path from the root.</summary>
internal sealed record Project(string Path, XDocument Xml)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The names of the projects it references.</summary>
    public IEnumerable<string> Projects => Includes("ProjectReference").Select(it => System.IO.Path.GetFileNameWithoutExtension(it));

    public IEnumerable<string> Packages => Includes("PackageReference");

    public IEnumerable<string> Frameworks => Includes("FrameworkReference");

    private IEnumerable<string> Includes(string item) =>
        Xml.Descendants(item).Select(it => (string?)it.Attribute("Include")).OfType<string>().Select(it => it.Replace('\\', '/'));
}
