namespace Mesh.Server;

/// <summary>The scripts of Scripts/; each of a room has before it what all share.</summary>
internal static class RedisScripts
{
    private static readonly string Shared = Text("room");

    public const string Join = "join", SetState = "set-state", SetMetadata = "set-metadata", Leave = "leave";

    /// <summary>Makes changes, each by one of the scripts above.</summary>
    public static string Changes { get; } =
        $"{Shared}\nlocal changes = {{}}\n{string.Concat(new[] { Join, SetState, SetMetadata, Leave }.Select(it => $"changes['{it}'] = function()\n{Text(it)}\nend\n"))}{Text("changes")}";

    public static string Reap { get; } = Shared + Text("reap");

    public static string IndexRoom { get; } = Text("index-room");

    public static string ForgetRoom { get; } = Text("forget-room");

    public static string Renew { get; } = Text("renew");

    public static string Retire { get; } = Text("retire");

    public static string Revoke { get; } = Text("revoke");

    public static string Reaped { get; } = Text("reaped");

    public static string SaveSession { get; } = Text("save-session");

    public static string TakeSession { get; } = Text("take-session");

    public static string ReleaseSession { get; } = Text("release-session");

    public static string ForgetTaken { get; } = Text("forget-taken");

    public static string EndSession { get; } = Text("end-session");

    public static string Read { get; } = Shared + Text("read");

    private static string Text(string name)
    {
        using var script = typeof(RedisScripts).Assembly.GetManifestResourceStream(name + ".lua")!;
        using var reader = new StreamReader(script);
        return reader.ReadToEnd();
    }
}
