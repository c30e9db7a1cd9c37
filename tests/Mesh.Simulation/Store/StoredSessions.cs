using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The sessions in the store, by the node that has them: what the scripts about sessions do, in C#.</summary>
internal sealed class StoredSessions(SimulatedStore store)
{
    private readonly Dictionary<string, Dictionary<string, Stored>> _byNode = new(StringComparer.Ordinal);

    /// <summary>As Scripts/save-session.lua.</summary>
    public bool Save(string node, SavedSession session)
    {
        var sessions = Of(node);
        if (IsTaken(sessions, session)) return false;
        sessions[session.ConnectionId] = new(session, null, 0);
        return true;
    }

    /// <summary>As Scripts/take-session.lua.</summary>
    /// <returns>The session if it was taken, or else the node that took it before, or neither.</returns>
    public (SavedSession? Taken, string? MovedTo) Take(string holder, string connectionId, string token, string? userId, string taker)
    {
        var sessions = Of(holder);
        if (!sessions.TryGetValue(connectionId, out var stored)) return default;
        if (stored.TakenBy is { } moved) return (null, moved);
        var session = stored.Session!;
        if (session.UserId != userId || !session.Tokens.Contains(token, StringComparer.Ordinal) || holder == taker) return default;
        sessions[connectionId] = new(null, taker, session.Moves + 1);
        store.Tell(Channels.Taken(holder), connectionId);
        return (session with { Tokens = [] }, null);
    }

    /// <summary>As Scripts/end-session.lua.</summary>
    public bool End(string node, SavedSession session)
    {
        var sessions = Of(node);
        if (IsTaken(sessions, session)) return false;
        if (sessions.TryGetValue(session.ConnectionId, out var stored) && stored.Session is not null) sessions.Remove(session.ConnectionId);
        return true;
    }

    public string[] TakenFrom(string node) => [.. Of(node).Where(it => it.Value.TakenBy is not null).Select(it => it.Key)];

    public StoredSessions Copy()
    {
        var copy = new StoredSessions(store);
        foreach (var (node, sessions) in _byNode) copy._byNode[node] = new(sessions, StringComparer.Ordinal);
        return copy;
    }

    private static bool IsTaken(Dictionary<string, Stored> sessions, SavedSession session) =>
        sessions.TryGetValue(session.ConnectionId, out var stored) && stored.TakenBy is not null && stored.Moves > session.Moves;

    private Dictionary<string, Stored> Of(string node)
    {
        if (!_byNode.TryGetValue(node, out var sessions)) _byNode[node] = sessions = new(StringComparer.Ordinal);
        return sessions;
    }

    private sealed record Stored(SavedSession? Session, string? TakenBy, int Moves);
}
