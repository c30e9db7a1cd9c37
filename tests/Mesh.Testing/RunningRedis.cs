using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mesh.Testing;

/// <summary>A Redis of its own, on a port of its own, that keeps nothing unless it is told to.</summary>
/// <param name="options">As on the command line.</param>
public sealed class RunningRedis(params string[] options) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    public int Port { get; } = FreePort.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    private string Kept => Path.Combine(_folder.Path, "dump.rdb");

    /// <summary>Starts it, with what it kept, and waits until it takes connections.</summary>
    public async Task StartAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var port = Port.ToString(CultureInfo.InvariantCulture);
        var process = _process = new Process
        {
            StartInfo = new("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", _folder.Path, "--save", "", "--appendonly", "no", .. options])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            },
        };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) is true) ready.TrySetResult();
        };
        process.Start();
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(Patience.Limit);
    }

    /// <summary>Keeps what it holds now for the next start, as a replica does that is behind.</summary>
    public Task KeepAsync() => TellAsync("SAVE");

    /// <summary>The next start begins with nothing.</summary>
    public void Forget() => File.Delete(Kept);

    /// <summary>Empties it as it runs.</summary>
    public Task EmptyAsync() => TellAsync("FLUSHALL");

    /// <summary>Ends it at once; what it was not told to keep is lost.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Lets it do nothing (SIGSTOP), until it is told to go on.</summary>
    public Task PauseAsync() => Signal.SendAsync(_process!, "STOP");

    public Task ContinueAsync() => Signal.SendAsync(_process!, "CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _folder.DisposeAsync();
    }

    private async Task TellAsync(string command)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, Port);
        using var reader = new StreamReader(connection.GetStream());
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        if (await reader.ReadLineAsync().WaitAsync(Patience.Limit) is var answer && answer != "+OK") throw new InvalidOperationException($"{command}: {answer}");
    }
}
