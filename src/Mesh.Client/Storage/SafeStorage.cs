using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>Storage that always works: what can't be stored, or not read, is kept in memory.</summary>
internal sealed class SafeStorage(IPresenceStorage? storage, ILogger log)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string?> _memory = new(StringComparer.Ordinal);

    public string? Get(string key)
    {
        lock (_lock)
        {
            if (_memory.TryGetValue(key, out var kept)) return kept;
            try
            {
                return storage?.Get(key);
            }
            catch (Exception failure)
            {
                log.StorageFailed(failure);
                return null;
            }
        }
    }

    /// <param name="key">The key.</param>
    /// <param name="value">Null removes.</param>
    public void Set(string key, string? value)
    {
        lock (_lock)
        {
            _memory[key] = value;
            if (storage is null) return;
            try
            {
                if (value is null) storage.Remove(key);
                else storage.Set(key, value);
                _memory.Remove(key);
            }
            catch (Exception failure)
            {
                log.StorageFailed(failure);
            }
        }
    }

    /// <summary>What is stored, or else a new value, stored from now on.</summary>
    public string GetOrAdd(string key, Func<string> create)
    {
        lock (_lock)
        {
            if (_memory.TryGetValue(key, out var kept) && kept is not null) return kept;
            try
            {
                if (storage is not null) return storage.GetOrAdd(key, create);
            }
            catch (Exception failure)
            {
                log.StorageFailed(failure);
            }
            return _memory[key] = create();
        }
    }
}
