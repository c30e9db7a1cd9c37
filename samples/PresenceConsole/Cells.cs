using System.Globalization;
using Spectre.Console;

namespace PresenceConsole;

/// <summary>Text in the cells of a terminal, of which some characters take two.</summary>
internal static class Cells
{
    private const string Ellipsis = "…";

    public static int Width(string text) => text.GetCellWidth();

    /// <summary>The text in one line of at most this width; where it is longer, its beginning.</summary>
    public static string Fit(string text, int width) => Width(text) <= width ? text : string.Concat(Cut(Elements(text), width - 1)) + Ellipsis;

    /// <summary>The same with its end.</summary>
    public static string FitEnd(string text, int width) => Width(text) <= width ? text : Ellipsis + string.Concat(Cut(Elements(text).Reverse(), width - 1).AsEnumerable().Reverse());

    private static List<string> Cut(IEnumerable<string> elements, int width)
    {
        var fitting = new List<string>();
        foreach (var element in elements)
        {
            width -= Width(element);
            if (width < 0) break;
            fitting.Add(element);
        }
        return fitting;
    }

    // What people see as characters: no emoji is cut in two.
    private static IEnumerable<string> Elements(string text)
    {
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();) yield return elements.GetTextElement();
    }
}
