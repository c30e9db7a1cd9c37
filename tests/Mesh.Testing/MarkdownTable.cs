using System.Globalization;
using System.Text;

namespace Mesh.Testing;

/// <summary>A table as Markdown: it reads well on a console too.</summary>
public static class MarkdownTable
{
    public static string Of(string[] heads, IEnumerable<string[]> cells)
    {
        List<string[]> rows = [heads, .. cells];
        var widths = Enumerable.Range(0, heads.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        rows.Insert(1, [.. widths.Select(width => new string('-', width))]);
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column])))} |");
        return text.ToString();
    }
}
