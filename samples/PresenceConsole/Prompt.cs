using System.Globalization;

namespace PresenceConsole;

/// <summary>A line that is being typed.</summary>
internal sealed class Prompt
{
    private const int Longest = 400;
    private const char EndOfInput = '\u0004';
    private const char EraseAll = '\u0015';

    public string Text { get; private set; } = "";

    /// <returns>The line if it is finished; <c>/quit</c> for Ctrl+D on an empty one; else null.</returns>
    public string? Type(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Enter) return Finish(Text);
        if (key.KeyChar == EndOfInput && Text.Length == 0) return "/quit";
        if (key.Key == ConsoleKey.Backspace) Text = WithoutLast();
        else if (key.Key == ConsoleKey.Escape || key.KeyChar == EraseAll) Text = "";
        else if (!char.IsControl(key.KeyChar) && Text.Length < Longest) Text += key.KeyChar;
        return null;
    }

    private string Finish(string line)
    {
        Text = "";
        return line;
    }

    // What people see as the last character: an emoji may have many.
    private string WithoutLast() => Text.Length == 0 ? "" : Text[..StringInfo.ParseCombiningCharacters(Text)[^1]];
}
