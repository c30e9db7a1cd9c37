using Mesh.Server;

namespace Mesh.Client.Tests;

/// <summary>A test with a real server and real clients, all of which end with it.</summary>
public abstract class Scenario : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _owned = [];
    private TestServer? _server;

    internal TestServer Server => _server ?? throw new InvalidOperationException("There is no server yet.");

    internal RecordedLogs Logs { get; } = new();

    /// <summary>What this test's own code does is to be logged as an error. Nothing else may ever be.</summary>
    internal bool ExpectsFailures { get; set; }

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned)) await owned.DisposeAsync().InTimeAsync();
        Logs.All.Where(line => line.StartsWith("Error", StringComparison.Ordinal) && !ExpectsFailures).ShouldBeEmpty();
        GC.SuppressFinalize(this);
    }

    internal T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    internal async Task StartAsync(Action<MeshOptions>? options = null, Action<IMeshBuilder>? mesh = null, int port = 0, TestUsers? users = null) =>
        _server = Own(await TestServer.StartAsync(port, options, mesh, users: users));

    internal TcpProxy NewNetwork() => Own(new TcpProxy(Server.Port));

    /// <summary>How many failures of a callback were logged.</summary>
    internal int LoggedFailures(string callback) => Logs.All.Count(line => line.Contains($"callback of the application failed ({callback})", StringComparison.Ordinal));

    /// <summary>A client that has no storage but its own memory.</summary>
    internal MeshClient NewClient(string? url = null, string? key = null, Action<MeshClientOptions>? options = null)
    {
        var all = new MeshClientOptions { ClientKey = key, Storage = new MemoryPresenceStorage(), LoggerFactory = Logs };
        options?.Invoke(all);
        return Own(new MeshClient(url ?? Server.Url, all));
    }

    internal async Task<MeshClient> ConnectAsync(string? url = null, string? key = null, Action<MeshClientOptions>? options = null)
    {
        var client = NewClient(url, key, options);
        await client.ConnectAsync().InTimeAsync();
        return client;
    }

    internal Viewer View(MeshClient client, string room = "general", string key = "state", Func<Viewer, PresenceOptions<State>>? options = null)
    {
        var viewer = new Viewer(client, room, key, options);
        Own(viewer.Presence);
        return viewer;
    }
}
