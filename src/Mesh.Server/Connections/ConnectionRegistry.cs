using System.Collections.Concurrent;

namespace Mesh.Server;

/// <summary>The connections of this node by id, open ones and those within their grace.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<string, MeshConnection> _byId = new(StringComparer.Ordinal);

    public IReadOnlyCollection<MeshConnection> All => [.. _byId.Values];

    public MeshConnection? Find(string id) => _byId.GetValueOrDefault(id);

    public void Add(MeshConnection connection) => _byId[connection.Id] = connection;

    public void Remove(MeshConnection connection) => _byId.TryRemove(connection.Id, out _);
}
