using System.Runtime.CompilerServices;
using Mesh.Client;

namespace PresenceConsole;

/// <summary>Writes a line for each change, for files, pipes and terminals that can do no more.</summary>
internal sealed class LineScreen(TextReader input, TextWriter output) : IScreen
{
    private Picture _shown = Picture.Empty;

    public void Show(Picture picture)
    {
        var before = _shown;
        _shown = picture;
        if (picture.Status != before.Status) Write($"connection: {Words.Of(picture.Status)}");
        if (picture.IsFresh != before.IsFresh) Write($"view: {Words.Freshness(picture.IsFresh)}");
        if (picture.Users != before.Users) WriteUsers(before.Users, picture.Users);
        if (picture.Notice.Length > 0 && picture.Notice != before.Notice) Write(picture.Notice);
    }

    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A console's reader can't be interrupted: it is left alone.
        while (await Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken) is { } line) yield return line;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void WriteUsers(IReadOnlyList<PresenceUser<UserState>> before, IReadOnlyList<PresenceUser<UserState>> now)
    {
        var left = before.ToDictionary(Key);
        foreach (var user in now)
        {
            left.Remove(Key(user), out var known);
            if (user != known) Write($"{user.Id}: {Words.Status(user)} (tabs: {user.TabCount})");
        }
        foreach (var user in left.Values) Write($"{user.Id} left");
    }

    private static (string, bool) Key(PresenceUser<UserState> user) => (user.Id, user.Verified);

    private void Write(string line) => output.WriteLine(Words.Printable(line));
}
