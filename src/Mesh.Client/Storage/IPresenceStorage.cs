namespace Mesh.Client;

/// <summary>
/// Where a user's own states and client key outlive the program: small texts by key. Called from any thread, one call at a
/// time for each client, and while the client is locked: it must not call into the client. What it throws is logged, and
/// what it could not keep is kept in memory.
/// </summary>
public interface IPresenceStorage
{
    /// <summary>What is stored, or null.</summary>
    string? Get(string key);

    /// <summary>Stores, over what was there.</summary>
    void Set(string key, string value);

    /// <summary>Removes; nothing, where nothing is stored.</summary>
    void Remove(string key);

    /// <summary>What is stored, or else a new value, stored from now on: the same one for all who ask at once.</summary>
    string GetOrAdd(string key, Func<string> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        if (Get(key) is { } stored) return stored;
        var created = create();
        Set(key, created);
        return created;
    }
}
