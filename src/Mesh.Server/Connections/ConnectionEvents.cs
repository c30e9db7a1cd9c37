using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>Tells applications of connections that came and went, each once. What their handlers throw is logged.</summary>
internal sealed class ConnectionEvents(ILogger<ConnectionEvents> log)
{
    private readonly Lock _gate = new();

    // Whose coming is being told: should one go meanwhile, its going is told afterwards.
    private readonly HashSet<MeshConnection> _announcing = [];

    public event EventHandler<ConnectionEventArgs>? Connected;

    public event EventHandler<ConnectionEventArgs>? Disconnected;

    public void Announce(MeshConnection connection)
    {
        if (connection.IsAnnounced) return;
        lock (_gate)
        {
            if (connection.IsAnnounced || connection.IsEnded) return;
            connection.IsAnnounced = true;
            _announcing.Add(connection);
        }
        Raise(Connected, connection, nameof(Connected));
        lock (_gate)
            if (_announcing.Remove(connection)) return;
        Raise(Disconnected, connection, nameof(Disconnected));
    }

    /// <summary>Tells of the end of a connection that was announced.</summary>
    public void Retire(MeshConnection connection)
    {
        lock (_gate)
            if (!connection.IsAnnounced || _announcing.Remove(connection)) return;
        Raise(Disconnected, connection, nameof(Disconnected));
    }

    private void Raise(EventHandler<ConnectionEventArgs>? handlers, MeshConnection connection, string name)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(this, new(connection));
            }
            catch (Exception failure)
            {
                log.EventHandlerFailed(name, connection.Id, failure);
            }
        }
    }
}
