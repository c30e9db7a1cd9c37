using Mesh.Server;

namespace Mesh.Simulation;

/// <summary>The sessions in the store, by the node that has them: what the scripts about sessions do, in C#.</summary>
internal sealed class StoredSessions(SimulatedStore store)
{
    private readonly Dictionary<string, Dictionary<string, Stored>> _byNode = new(StringComparer.Ordinal);

    /// <summary>As Scripts/save-session.lua.</summary>
    public bool Save(string node, SavedSession session)
    {
        if (!_byNode.TryGetValue(node, out var sessions)) _byNode[node] = sessions = new(StringComparer.Ordinal);
        if (IsTaken(sessions, session)) return false;
        sessions[session.ConnectionId] = new(session, null);
        return true;
    }

    /// <summary>As Scripts/take-session.lua.</summary>
    /// <returns>The session if it was taken, with the taking, or else the one before, or neither.</returns>
    public (SavedSession? Session, Taking? Taking) Take(string holder, string connectionId, string token, string? userId, string taker, Taking? stalled)
    {
        var sessions = Of(holder);
        if (!sessions.TryGetValue(connectionId, out var stored)) return default;
        if (stored.Taking is { } before && before != stalled) return (null, before);
        if (stored.Session is not { } session || session.UserId != userId || !session.Tokens.Contains(token, StringComparer.Ordinal)) return default;
        if (holder == taker && stored.Taking is null) return default;
        var taking = new Taking(taker, (stored.Taking?.Moves ?? session.Moves) + 1);
        sessions[connectionId] = stored with { Taking = taking };
        if (holder != taker) store.Tell(Channels.Taken(holder), $"{taking.Moves} {connectionId}");
        return (session with { Tokens = [], Moves = taking.Moves - 1 }, taking);
    }

    /// <summary>As Scripts/release-session.lua.</summary>
    public void Release(string holder, string connectionId, Taking taking)
    {
        if (Of(holder).TryGetValue(connectionId, out var stored) && stored.Taking == taking) Of(holder)[connectionId] = stored with { Session = null };
    }

    /// <summary>As Scripts/end-session.lua.</summary>
    public bool End(string node, SavedSession session)
    {
        var sessions = Of(node);
        if (IsTaken(sessions, session)) return false;
        if (sessions.TryGetValue(session.ConnectionId, out var stored) && stored.Taking is null) sessions.Remove(session.ConnectionId);
        return true;
    }

    public (string ConnectionId, int Moves)[] TakenFrom(string node) =>
        [.. Of(node).Where(it => it.Value.Taking is not null).Select(it => (it.Key, it.Value.Taking!.Moves))];

    public bool Has(string node) => _byNode.ContainsKey(node);

    /// <summary>A fault: those of a node are lost.</summary>
    public void Forget(string node) => _byNode.Remove(node);

    public StoredSessions Copy()
    {
        var copy = new StoredSessions(store);
        foreach (var (node, sessions) in _byNode) copy._byNode[node] = new(sessions, StringComparer.Ordinal);
        return copy;
    }

    private static bool IsTaken(Dictionary<string, Stored> sessions, SavedSession session) =>
        sessions.TryGetValue(session.ConnectionId, out var stored) && stored.Taking?.Moves > session.Moves;

    private Dictionary<string, Stored> Of(string node) => _byNode.GetValueOrDefault(node) ?? new(StringComparer.Ordinal);

    /// <summary>That a node has taken a connection, which has moved so often by that.</summary>
    public sealed record Taking(string By, int Moves);

    private sealed record Stored(SavedSession? Session, Taking? Taking);
}
