using System.Text.Json;
using Mesh.Protocol;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>What the scripts are given, in the order they describe.</summary>
internal static class ScriptArguments
{
    /// <summary>What never changes of a member, as the beginning of its JSON.</summary>
    public static RedisValue Of(NewMember member) =>
        $"{{\"connectionId\":{Quote(member.ConnectionId)}{Property("userId", member.UserId)}{Property("sibling", member.Sibling)}";

    /// <summary>Kind, state, silent, expireAfter in ms, epoch and revision of a stamp, deadline.</summary>
    public static RedisValue[] Of(StateChange? change) => change switch
    {
        null => ["", "", "", "", "", "", ""],
        StateChange.Publish publish => [
            "publish", publish.State.Utf8, publish.Silent ? "1" : "0", publish.ExpireAfter is { } after ? (long)Math.Ceiling(after.TotalMilliseconds) : "", "", "", ""],
        StateChange.Restore restore => ["restore", restore.State.Utf8, "", "", restore.Stamp.Epoch, restore.Stamp.Revision, restore.Deadline is { } deadline ? deadline : ""],
        StateChange.Expire expire => ["expire", "", "", "", expire.Stamp.Epoch, expire.Stamp.Revision, ""],
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private static string Property(string name, string? value) => value is null ? "" : $",\"{name}\":{Quote(value)}";

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
