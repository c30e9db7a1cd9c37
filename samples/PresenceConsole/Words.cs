using System.Globalization;
using Mesh.Client;

namespace PresenceConsole;

/// <summary>How things are called on the screen.</summary>
internal static class Words
{
    // Of which many emoji are made.
    private const char Joiner = '\u200D';

    public static string Of(MeshClientStatus status) => status switch
    {
        MeshClientStatus.Online => "online",
        MeshClientStatus.Connecting => "connecting",
        MeshClientStatus.Reconnecting => "reconnecting",
        _ => "offline",
    };

    public static string Freshness(bool isFresh) => isFresh ? "fresh" : "stale";

    /// <summary>As on the demo's page.</summary>
    public static string Status(PresenceUser<UserState> user) => user.State?.Status ?? "idle";

    /// <summary>What others publish must not get at the terminal: no escape sequences, and nothing that turns the direction of text.</summary>
    public static string Printable(string text) => string.Concat(text.Select(it => IsPrintable(it) ? it : '�'));

    private static bool IsPrintable(char it) => it == Joiner || char.GetUnicodeCategory(it) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
