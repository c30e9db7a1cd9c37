using System.Diagnostics;

namespace Mesh.Testing;

/// <summary>A program as a person runs it: a process of its own that is typed to, and whose lines are read.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly List<(Predicate<string> Wanted, TaskCompletionSource<string> Said)> _waiting = [];

    private RunningProgram(ProcessStartInfo start)
    {
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>All lines so far, those of errors too.</summary>
    public IReadOnlyList<string> Lines
    {
        get { lock (_gate) return [.. _lines]; }
    }

    /// <summary>Starts one.</summary>
    /// <param name="file">The program, or the assembly that dotnet is to run.</param>
    /// <param name="arguments">As on the command line.</param>
    /// <param name="environment">What is to be otherwise than here.</param>
    public static RunningProgram Start(string file, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        var isAssembly = file.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isAssembly ? "dotnet" : file, isAssembly ? [file, .. arguments] : arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        return new(start);
    }

    /// <summary>Waits for a line.</summary>
    public Task<string> SaysAsync(string line) => SaysAsync(said => said == line, line);

    /// <summary>Waits for a line like this, if there was none before.</summary>
    public async Task<string> SaysAsync(Predicate<string> wanted, string what)
    {
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.Find(wanted) is { } line) return line;
            _waiting.Add((wanted, said));
        }
        try
        {
            return await said.Task.WaitAsync(Limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"It never said “{what}”, but:\n{string.Join('\n', Lines)}", late);
        }
    }

    /// <summary>Types a line.</summary>
    public async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ctrl+D.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Asks it to end, where there are signals. Not as Ctrl+C does, which programs started in the background may never hear.</summary>
    public Task TerminateAsync() => Signal.SendAsync(_process, "TERM");

    /// <summary>Waits for its end.</summary>
    /// <param name="limit">For one that has a lot to do. Default: 20 s.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndsAsync(TimeSpan? limit = null)
    {
        using var late = new CancellationTokenSource(limit ?? Limit);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException never)
        {
            throw new TimeoutException($"It never ended, but said:\n{string.Join('\n', Lines)}", never);
        }
        return _process.ExitCode;
    }

    /// <summary>Ends it at once, if it has not ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            _lines.Add(line);
            foreach (var (wanted, said) in _waiting)
                if (wanted(line)) said.TrySetResult(line);
        }
    }
}
