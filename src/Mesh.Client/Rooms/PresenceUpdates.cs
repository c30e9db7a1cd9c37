using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Tells rosters and what changed in them connection by connection.</summary>
internal static class PresenceUpdates
{
    /// <summary>Who is there.</summary>
    public static RoomPresence All(Roster? roster) => roster is null ? new() { Success = true } : new()
    {
        Success = true,
        Present = [.. roster.Members.Select(member => new PresentConnection(member.ConnectionId, Element(member.Metadata)))],
        States = roster.Members.Where(member => member.State.HasValue)
            .ToDictionary(member => member.ConnectionId, member => member.State.Parse(), StringComparer.Ordinal),
    };

    /// <summary>What led from one roster to the next, leaves first.</summary>
    public static List<PresenceUpdate> Of(RosterChange change, string roomName, DateTimeOffset timestamp)
    {
        var (before, diff, after) = change;
        var updates = new List<PresenceUpdate>();
        foreach (var number in diff.Left)
        {
            // Who is still there under another number has not left.
            if (before?.Find(number) is { } gone && after.Find(gone.ConnectionId) is null) Tell(PresenceUpdateType.Leave, gone);
        }
        foreach (var member in diff.Joined)
        {
            var known = before?.Find(member.ConnectionId);
            if (known is null) updates.Add(New(PresenceUpdateType.Join, member) with { Metadata = Element(member.Metadata) });
            if (known is null ? member.State.HasValue : known.Stamp != member.Stamp) TellState(member);
        }
        foreach (var update in diff.Updated)
        {
            if (after.Find(update.Number) is { } member && before?.Find(update.Number)?.Stamp != member.Stamp) TellState(member);
        }
        return updates;

        PresenceUpdate New(PresenceUpdateType type, Member member) => new(type, member.ConnectionId, roomName, timestamp);
        void Tell(PresenceUpdateType type, Member member) => updates.Add(New(type, member));
        void TellState(Member member) => updates.Add(New(PresenceUpdateType.State, member) with { State = Element(member.State) });
    }

    public static JsonElement? Element(RawJson json) => json.HasValue ? json.Parse() : null;
}
