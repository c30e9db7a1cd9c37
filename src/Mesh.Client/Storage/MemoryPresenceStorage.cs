using System.Collections.Concurrent;

namespace Mesh.Client;

/// <summary>Keeps everything as long as the program runs.</summary>
public sealed class MemoryPresenceStorage : IPresenceStorage
{
    private readonly ConcurrentDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Get(string key) => _values.GetValueOrDefault(key);

    /// <inheritdoc/>
    public void Set(string key, string value) => _values[key] = value;

    /// <inheritdoc/>
    public void Remove(string key) => _values.TryRemove(key, out _);

    /// <inheritdoc/>
    public string GetOrAdd(string key, Func<string> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return _values.GetOrAdd(key, static (_, make) => make(), create);
    }
}
