using System.Collections.Immutable;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The application's handlers of what the server pushes, by name. Safe for use by several threads at once.</summary>
internal sealed class EventHandlers(CallbackQueue callbacks)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ImmutableList<Action<RawJson>>> _handlers = new(StringComparer.Ordinal);

    /// <returns>Disposed, it calls the handler no more.</returns>
    public IDisposable Add(string name, Action<RawJson> handler)
    {
        lock (_lock) _handlers[name] = _handlers.GetValueOrDefault(name, []).Add(handler);
        return new Registration(this, name, handler);
    }

    /// <param name="name">The event's name.</param>
    /// <param name="payload">Copied if anybody wants it.</param>
    public void Raise(string name, RawJson payload)
    {
        ImmutableList<Action<RawJson>>? handlers;
        lock (_lock)
            if (!_handlers.TryGetValue(name, out handlers)) return;
        var copy = payload.Copy();
        callbacks.Post(name, handlers, handler =>
        {
            if (Has(name, handler)) handler(copy);
        });
    }

    private bool Has(string name, Action<RawJson> handler)
    {
        lock (_lock) return _handlers.TryGetValue(name, out var handlers) && handlers.Contains(handler);
    }

    private void Remove(string name, Action<RawJson> handler)
    {
        lock (_lock)
        {
            if (!_handlers.TryGetValue(name, out var handlers)) return;
            var left = handlers.Remove(handler);
            if (left.IsEmpty) _handlers.Remove(name);
            else _handlers[name] = left;
        }
    }

    private sealed class Registration(EventHandlers owner, string name, Action<RawJson> handler) : IDisposable
    {
        public void Dispose() => owner.Remove(name, handler);
    }
}
