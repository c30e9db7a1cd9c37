using Mesh.Protocol;

namespace PresenceConsole;

/// <summary>The command line.</summary>
internal sealed record Arguments(string UserId, string Server, string Room, string? ClientKey)
{
    public const string Usage = """
        Shows who is in a room, live, and lets you be there.

          dotnet run --project samples/PresenceConsole -- <user id> [options]

          --server <url>       Default: ws://localhost:3000, where samples/PresenceDemo listens.
          --room <name>        Default: general, the room of the demo's page.
          --client-key <key>   A secret of 16 to 256 characters. Whoever has the same key shares your state,
                               as m:client-key in a page's localStorage. Default: one that is stored here.

        Type a status and press Enter; /clear takes your state away, /quit or Ctrl+C leaves.
        If input or output is no terminal, lines take the place of the table.
        """;

    private const int ShortestKey = 16;
    private const int LongestKey = 256;

    /// <summary>The user's own storage, so that two users on one machine are two, and one user started twice has two tabs.</summary>
    public string Folder => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "Mesh", "PresenceConsole", $"{Uri.EscapeDataString(UserId)}@{Uri.EscapeDataString(Server)}");

    /// <exception cref="FormatException">Something is missing, unknown or not what it should be; the message says what.</exception>
    public static Arguments Parse(IEnumerable<string> args)
    {
        string? userId = null;
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--server"] = "ws://localhost:3000",
            ["--room"] = "general",
        };
        using var rest = args.GetEnumerator();
        while (rest.MoveNext())
        {
            var arg = rest.Current;
            if (arg.StartsWith("--", StringComparison.Ordinal)) ParseOption(arg, rest, options);
            else if (userId is null) userId = arg;
            else throw new FormatException($"One user id is enough: “{arg}” is one too many.");
        }
        if (string.IsNullOrWhiteSpace(userId)) throw new FormatException("Who are you? A user id is to be given.");
        return new(userId, ParseServer(options["--server"]), ParseRoom(options["--room"]), ParseKey(options.GetValueOrDefault("--client-key")));
    }

    private static void ParseOption(string arg, IEnumerator<string> rest, Dictionary<string, string> options)
    {
        var (name, value) = arg.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (arg[..at], arg[(at + 1)..]) : (arg, null);
        if (name is not ("--server" or "--room" or "--client-key")) throw new FormatException($"There is no option {name}.");
        if (value is null) value = rest.MoveNext() ? rest.Current : throw new FormatException($"{name} is to be followed by a value.");
        options[name] = value;
    }

    private static string ParseServer(string server)
    {
        // The address of the page will do.
        if (server.StartsWith("http", StringComparison.OrdinalIgnoreCase)) server = string.Concat("ws", server.AsSpan(4));
        return Uri.TryCreate(server, UriKind.Absolute, out var url) && url.Scheme is "ws" or "wss"
            ? server
            : throw new FormatException($"--server is to be a url that begins with ws:// or wss://, not “{server}”.");
    }

    private static string ParseRoom(string room) =>
        RoomName.IsValid(room) ? room : throw new FormatException("--room is to have 1 to 256 characters, and no control characters.");

    private static string? ParseKey(string? key) =>
        key is null or { Length: >= ShortestKey and <= LongestKey } ? key : throw new FormatException($"--client-key is to have {ShortestKey} to {LongestKey} characters.");
}
