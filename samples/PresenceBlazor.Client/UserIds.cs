using System.Runtime.Versioning;
using System.Security.Cryptography;
using Mesh.Client;

namespace PresenceBlazor.Client;

[SupportedOSPlatform("browser")]
internal static class UserIds
{
    /// <summary>The id of this browser's user, made at the first visit: the same one as in the demo in JavaScript.</summary>
    public static string GetOrAddUserId(this IPresenceStorage storage) =>
        storage.GetOrAdd("demo-userId", () => "user-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 6));
}
