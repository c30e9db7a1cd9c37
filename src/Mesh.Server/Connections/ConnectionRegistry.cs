using System.Collections.Concurrent;

namespace Mesh.Server;

/// <summary>The connections of this node by id and by token, open ones and those within their grace.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<string, MeshConnection> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MeshConnection> _byToken = new(StringComparer.Ordinal);

    public IReadOnlyCollection<MeshConnection> All => [.. _byId.Values];

    public MeshConnection? Find(string id) => _byId.GetValueOrDefault(id);

    public void Add(MeshConnection connection) => _byId[connection.Id] = connection;

    // Another of the same id may be here by now: it went to another node and came back.
    public void Remove(MeshConnection connection) => _byId.TryRemove(new(connection.Id, connection));

    public MeshConnection? FindByToken(string token) => _byToken.GetValueOrDefault(token);

    public void AddToken(string token, MeshConnection connection) => _byToken[token] = connection;

    public void RemoveToken(string token) => _byToken.TryRemove(token, out _);
}
