namespace Mesh.Server;

/// <summary>The scripts of Scripts/, each with what all share before it.</summary>
internal static class RedisScripts
{
    private static readonly string Shared = Text("room");

    public static string Join { get; } = Shared + Text("join");

    public static string SetState { get; } = Shared + Text("set-state");

    public static string SetMetadata { get; } = Shared + Text("set-metadata");

    public static string Leave { get; } = Shared + Text("leave");

    public static string Reap { get; } = Shared + Text("reap");

    public static string Renew { get; } = Text("renew");

    public static string Retire { get; } = Text("retire");

    public static string SaveSession { get; } = Text("save-session");

    public static string TakeSession { get; } = Text("take-session");

    public static string EndSession { get; } = Text("end-session");

    public static string Read { get; } = Shared + Text("read");

    private static string Text(string name)
    {
        using var script = typeof(RedisScripts).Assembly.GetManifestResourceStream(name + ".lua")!;
        using var reader = new StreamReader(script);
        return reader.ReadToEnd();
    }
}
