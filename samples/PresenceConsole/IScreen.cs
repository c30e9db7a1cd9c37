namespace PresenceConsole;

/// <summary>What shows pictures, and is typed into.</summary>
internal interface IScreen : IAsyncDisposable
{
    /// <summary>Shows this instead of what it showed. Calls come one at a time.</summary>
    void Show(Picture picture);

    /// <summary>What is typed, line by line, until there is nothing more.</summary>
    IAsyncEnumerable<string> ReadAsync(CancellationToken cancellationToken);
}
