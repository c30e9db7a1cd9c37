using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// The user's own state in a room, kept for the next start. The state itself is stored as existing Mesh apps store it; what
/// else is known about it stands beside it, and is void if another program has changed the state since.
/// </summary>
/// <param name="storage">Where.</param>
/// <param name="key">Under which name.</param>
/// <param name="room">In which the stamps are; those of another room say nothing here.</param>
/// <param name="isKnown">Whether it is known by now whose the states are. Once it is, it stays so.</param>
internal sealed class StoredState(SafeStorage storage, string key, string room, Func<bool> isKnown)
{
    private const int MostAttempts = 8;

    private string? _userId;
    private string _stateKey = "m:presence:" + key;
    private string _stampKey = "m:presence-stamp:" + key;

    // What stands beside the state that this has stored before it was known whose it is.
    private StampRecord? _early;

    /// <summary>Looks from now on where the states of this user are kept, apart from all others' (protocol §9).</summary>
    /// <param name="userId">As the server has verified; null: nobody.</param>
    /// <param name="said">What is this user's though it was stored before that was known; null: nothing.</param>
    public void BelongTo(string? userId, OwnRecord? said)
    {
        var moves = said is not null && Revert(said, null);
        _userId = userId;
        var place = userId is null ? key : $"{key}:{Escape(userId)}";
        (_stateKey, _stampKey) = ("m:presence:" + place, "m:presence-stamp:" + place);
        if (moves) Publish(said!);
    }

    /// <summary>The state, or null.</summary>
    public RawJson State => Record?.State ?? RawJson.Null;

    /// <summary>Null: nothing is stored. A null state without a stamp: a clear that was not acknowledged.</summary>
    public OwnRecord? Record
    {
        get
        {
            // First: it may become known while the rest is read.
            var known = isKnown();
            var (stored, beside) = ReadBoth();
            var state = Parse(stored);
            var isValid = beside is not null && beside.State == stored;
            // In the same place may be another's; a user's always says whose it is.
            if (beside?.User != _userId || (_userId is not null && !isValid)) return null;
            // Who has said it may be another user than who is here now.
            if (!known && isValid && beside!.Early is true && beside != _early) return null;
            if (!isValid || beside!.Room != room) return state.HasValue ? new(state) : null;
            return new(state) { Stamp = beside.Stamp, Deadline = beside.Deadline, Expires = beside.Expires };
        }
    }

    /// <summary>Stores what the application publishes, before the server knows of it.</summary>
    public void Publish(OwnRecord record)
    {
        // A clear leaves a trace until it is acknowledged: without one, nothing would be stored, and nothing said again.
        Write(record, traced: !record.State.HasValue);
    }

    /// <summary>Stores what the server has acknowledged, from this tab or another, if it is not older than what is stored.</summary>
    public void Acknowledge(OwnRecord record)
    {
        if (Record?.Stamp is { } stored && record.Stamp is { } stamp && stored > stamp) return;
        Write(record);
    }

    /// <summary>Stores what was acknowledged last, if what the server has refused is still what is stored.</summary>
    /// <returns>Whether it was.</returns>
    public bool Revert(OwnRecord refused, OwnRecord? last)
    {
        if (Record is not { } stored || stored.Stamp != refused.Stamp || stored.State != refused.State) return false;
        Write(last ?? new(RawJson.Null));
        return true;
    }

    // Without colons, so that the last one of a place is what parts a key from a user. Nobody's may be in the same place: what stands beside
    // a state says whose it is.
    private static string Escape(string userId) => userId.Replace("%", "%25", StringComparison.Ordinal).Replace(":", "%3A", StringComparison.Ordinal);

    // Another process may write both between the one reading and the other: an old state is not to be taken for a new one.
    private (string? State, StampRecord? Beside) ReadBoth()
    {
        for (var attempt = 1; ; attempt++)
        {
            var stored = storage.Get(_stateKey);
            var beside = ParseBeside(storage.Get(_stampKey));
            if (beside is null || beside.State == stored || attempt == MostAttempts || storage.Get(_stateKey) == stored) return (stored, beside);
        }
    }

    private void Write(OwnRecord record, bool traced = false)
    {
        var text = record.State.HasValue ? record.State.ToString() : null;
        // What has a stamp comes from nobody's place, as a server has acknowledged it.
        var isEarly = record.Stamp is null && !isKnown();
        var said = new StampRecord
        {
            Stamp = record.Stamp,
            Deadline = record.Deadline,
            Expires = record.Expires,
            Room = room,
            User = _userId,
            Early = isEarly ? true : null,
            State = text,
        };
        if (isEarly) _early = said;
        var isSaid = isEarly || traced || record.Stamp is not null || record.Expires is not null || (_userId is not null && text is not null);
        var beside = isSaid ? JsonSerializer.Serialize(said, ClientJson.Default.StampRecord) : null;
        // A user's is never there without saying so, nor what may be one's.
        var isFirst = isSaid && (isEarly || _userId is not null);
        if (isFirst) storage.Set(_stampKey, beside);
        storage.Set(_stateKey, text);
        if (!isFirst) storage.Set(_stampKey, beside);
    }

    private static RawJson Parse(string? text)
    {
        if (text is null) return RawJson.Null;
        try
        {
            return RawJson.FromElement(RawJson.FromText(text).Parse());
        }
        catch (JsonException)
        {
            return RawJson.Null;
        }
    }

    private static StampRecord? ParseBeside(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, ClientJson.Default.StampRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
