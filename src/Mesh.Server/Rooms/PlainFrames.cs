using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The presence events of plain clients, made of a diff (protocol §7).</summary>
internal static class PlainFrames
{
    /// <summary>The frames that tell a plain client what <paramref name="change"/> changes of <paramref name="before"/>.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(string room, Roster before, RosterDiff change, bool silent, long timestamp)
    {
        // A member that a new epoch numbered anew is in both lists: it neither left nor joined.
        var stayed = change.Left.IsEmpty || change.Joined.IsEmpty
            ? []
            : change.Joined.Select(it => it.ConnectionId).ToHashSet(StringComparer.Ordinal);
        foreach (var number in change.Left)
            if (before.Find(number) is { } gone && !stayed.Contains(gone.ConnectionId)) yield return Moved("leave", gone.ConnectionId);
        foreach (var member in change.Joined)
        {
            var known = before.Find(member.ConnectionId);
            if (known is null) yield return Moved("join", member.ConnectionId);
            if (!silent && (known is null ? member.State.HasValue : known.Stamp != member.Stamp)) yield return State(member.ConnectionId, member.State);
        }
        foreach (var update in change.Updated)
            if (!silent && update.Stamp is not null && before.Find(update.Number) is { } member) yield return State(member.ConnectionId, update.State);

        ReadOnlyMemory<byte> Moved(string type, string connectionId) => OutboundFrame.Event(
            CommandNames.PresenceUpdate, new PresenceMove(type, connectionId, room, timestamp), ServerJson.Default.PresenceMove);

        ReadOnlyMemory<byte> State(string connectionId, RawJson state) => OutboundFrame.Event(
            CommandNames.PresenceUpdate, new PresenceState("state", connectionId, room, state, timestamp), ServerJson.Default.PresenceState);
    }
}
