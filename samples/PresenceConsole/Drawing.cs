using Mesh.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PresenceConsole;

/// <summary>Draws a picture for a terminal of a size.</summary>
internal static class Drawing
{
    /// <summary>All lines but those of users: the header, the table's own, the notice, the help, the prompt, and one to spare.</summary>
    private const int OtherLines = 9;

    private static readonly Style Plain = Style.Plain;
    private static readonly Style Dim = new(Color.Grey);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Yellow);
    private static readonly Style Own = new(decoration: Decoration.Bold);

    /// <summary>What the table has besides the cells of its four columns: borders and padding.</summary>
    private const int TableFrame = 13;

    private const int TabsWidth = 4;

    public static IRenderable Of(Picture picture, Arguments arguments, string typed, int width, int height) => new Rows(
        Header(picture, arguments, width),
        Users(picture, arguments.UserId, width, Math.Max(1, height - OtherLines)),
        Line(picture.Notice, width, Bad),
        Line("Type a status and press Enter. /clear takes it away, /quit leaves.", width, Dim),
        Prompt(arguments.UserId, typed, width));

    private static Paragraph Header(Picture picture, Arguments arguments, int width)
    {
        var status = $"● {Words.Of(picture.Status)}  {Words.Freshness(picture.IsFresh)}";
        var isGood = picture is { Status: MeshClientStatus.Online, IsFresh: true };
        var left = width - Cells.Width(status) - 2;
        var room = Cells.Fit(Words.Printable(arguments.Room), left);
        return new Paragraph()
            .Append(room, Own)
            .Append(Cells.Fit($" at {arguments.Server}", left - Cells.Width(room)), Dim)
            .Append("  " + status, isGood ? Good : Bad);
    }

    // Columns keep their widths, whatever is in them.
    private static Table Users(Picture picture, string ownId, int width, int most)
    {
        var rest = Math.Max(3, width - TableFrame - TabsWidth);
        var (idWidth, nameWidth) = (Math.Max(1, rest * 3 / 10), Math.Max(1, rest * 3 / 10));
        var statusWidth = Math.Max(1, rest - idWidth - nameWidth);
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = Dim };
        table.AddColumn(new TableColumn(Line("id", idWidth, Dim)) { Width = idWidth });
        table.AddColumn(new TableColumn(Line("username", nameWidth, Dim)) { Width = nameWidth });
        table.AddColumn(new TableColumn(Line("status", statusWidth, Dim)) { Width = statusWidth });
        table.AddColumn(new TableColumn(Line("tabs", TabsWidth, Dim)) { Width = TabsWidth, Alignment = Justify.Right });
        var fits = picture.Users.Count <= most ? picture.Users.Count : most - 1;
        foreach (var user in picture.Users.Take(fits))
        {
            var style = user.Id == ownId ? Own : Plain;
            table.AddRow(
                Line(user.Id, idWidth, style),
                Line(user.State?.Username ?? "", nameWidth, style),
                Line(Words.Status(user), statusWidth, style),
                Line($"{user.TabCount}", TabsWidth, style));
        }
        if (picture.Users.Count > fits) table.AddRow(Line($"… and {picture.Users.Count - fits} more", idWidth, Dim));
        if (picture.Users.Count == 0) table.AddRow(Line("nobody", idWidth, Dim));
        return table;
    }

    // The end of what is typed is to be seen, with a cursor after it.
    private static Paragraph Prompt(string userId, string typed, int width)
    {
        var prompt = Cells.Fit(Words.Printable(userId), width / 3) + "> ";
        return new Paragraph().Append(prompt, Own).Append(Cells.FitEnd(typed, width - Cells.Width(prompt) - 2), Plain).Append(" ", new(decoration: Decoration.Invert));
    }

    private static Text Line(string text, int width, Style style) => new(Cells.Fit(Words.Printable(text), width), style);
}
