namespace Mesh.Simulation;

/// <summary>On which the store tells things to those who listen.</summary>
internal static class Channels
{
    public const string Broadcasts = "broadcasts";

    /// <summary>A room's changes.</summary>
    public static string Changes(string room) => "changes of " + room;

    /// <summary>Which connections of a node another has taken.</summary>
    public static string Taken(string node) => "taken from " + node;
}
