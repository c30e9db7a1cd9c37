using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>A Redis of its own, on a port of its own, that keeps nothing.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private Process? _process;

    public int Port { get; } = FreePort.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A connection for the tests themselves.</summary>
    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        Connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(ConfigurationOptions.Parse(Address + ",allowAdmin=true")));
    }

    /// <summary>Starts it, empty, and waits until it takes connections.</summary>
    public async Task StartAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var port = Port.ToString(CultureInfo.InvariantCulture);
        var process = _process = new Process
        {
            StartInfo = new("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { UseShellExecute = false, RedirectStandardOutput = true },
        };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) is true) ready.TrySetResult();
        };
        process.Start();
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(Limit);
    }

    /// <summary>Ends it at once; what it held is lost.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Connection is not null) await Connection.DisposeAsync();
        await KillAsync();
    }
}
