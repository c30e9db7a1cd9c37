using System.Collections.Concurrent;
using System.Diagnostics;

namespace Mesh.Testing;

/// <summary>The demo as a person runs it: a process of its own, on a port of its own.</summary>
public sealed class DemoServer : IAsyncDisposable
{
    /// <summary>The demo in JavaScript.</summary>
    public const string Demo = "samples/PresenceDemo";

    /// <summary>The one in C#, in WebAssembly.</summary>
    public const string Blazor = "samples/PresenceBlazor";

    /// <summary>The one with sign-in.</summary>
    public const string SignIn = "samples/PresenceSignIn";

    private readonly string _project;
    private readonly string[] _options;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    private DemoServer(string project, int port, string[] options) => (_project, Port, _options) = (project, port, options);

    public int Port { get; }

    /// <summary>As pages see it.</summary>
    public string Origin => OriginAt(Port);

    public static string OriginAt(int port) => $"http://127.0.0.1:{port}";

    /// <param name="options">As on the command line: <c>--Mesh:Grace=00:00:01</c>.</param>
    public static Task<DemoServer> StartAsync(params string[] options) => StartAtAsync(FreePort.Next(), options);

    public static Task<DemoServer> StartAtAsync(int port, params string[] options) => StartAsync(Demo, port, options);

    /// <param name="project">Which of them.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="options">As on the command line.</param>
    public static async Task<DemoServer> StartAsync(string project, int port, params string[] options)
    {
        var server = new DemoServer(project, port, options);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a killed server again, on the same port.</summary>
    /// <param name="options">Besides those it had, and before them.</param>
    public async Task StartAgainAsync(params string[] options)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new ProcessStartInfo("dotnet", [Checkout.Built(_project), "--urls", Origin, .. _options, .. options])
        {
            UseShellExecute = false,
            WorkingDirectory = Checkout.Folder(_project),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        };
        var process = _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException($"The demo ended before it listened:\n{Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await listening.Task.WaitAsync(Patience.Limit);

        void Read(string? line)
        {
            if (line is null) return;
            _output.Enqueue(line);
            if (line.Contains("Application started", StringComparison.Ordinal)) listening.TrySetResult();
        }
    }

    /// <summary>What it has written so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Waits until it has written that: a line about something may come after it.</summary>
    public async Task UntilItSaysAsync(string what)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!Output.Contains(what, StringComparison.Ordinal))
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"It never said \"{what}\", but:\n{Output}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>What the process has used of the machine's cores so far.</summary>
    public TimeSpan ProcessorTime => _process?.TotalProcessorTime ?? TimeSpan.Zero;

    /// <summary>Ends the process at once, without a farewell (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        try
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It never started.
        }
        process.Dispose();
    }

    /// <summary>Asks the process to end (SIGTERM), and waits until it has; one that does not is killed, and that is an error.</summary>
    public async Task TerminateAsync()
    {
        await Signal.SendAsync(_process!, "TERM");
        try
        {
            await _process!.WaitForExitAsync().WaitAsync(Patience.Limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"The demo did not end, but said at last:\n{string.Join('\n', _output.TakeLast(20))}", late);
        }
        finally
        {
            await KillAsync();
        }
    }

    /// <summary>Lets the process do nothing, as a machine that is overloaded (SIGSTOP), until it is told to go on.</summary>
    public Task PauseAsync() => Signal.SendAsync(_process!, "STOP");

    public Task ContinueAsync() => Signal.SendAsync(_process!, "CONT");

    public async ValueTask DisposeAsync() => await KillAsync();
}
