using System.Collections.Concurrent;
using System.Globalization;

namespace Mesh.Client.Tests;

/// <summary>Writes down a client's events, in order.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentQueue<string> _events = [];

    public Recorder(MeshClient client)
    {
        client.StatusChanged += (_, args) => _events.Enqueue(args.Status.ToString());
        client.Connected += (_, args) => _events.Enqueue(args.IsReconnect ? "reconnected" : "connected");
        client.Disconnected += (_, args) => _events.Enqueue(string.Create(CultureInfo.InvariantCulture, $"disconnected {args.Code}"));
        client.ReconnectFailed += (_, _) => _events.Enqueue("reconnect failed");
        client.Faulted += (_, _) => _events.Enqueue("faulted");
    }

    /// <summary>All but the faults, of which there may be any number.</summary>
    public IReadOnlyList<string> Events => [.. _events.Where(it => it != "faulted")];

    public int Faults => _events.Count(it => it == "faulted");

    public Task UntilAsync(params string[] events) => Wait.UntilAsync(() => Events.SequenceEqual(events, StringComparer.Ordinal), () => string.Join(", ", _events), what: string.Join(", ", events));
}
