using Mesh.Client;

namespace PresenceConsole;

/// <summary>All there is to see.</summary>
internal sealed record Picture(IReadOnlyList<PresenceUser<UserState>> Users, bool IsFresh, MeshClientStatus Status, string Notice)
{
    public static Picture Empty { get; } = new([], IsFresh: false, MeshClientStatus.Offline, "");
}
