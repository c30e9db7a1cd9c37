using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Faults;

/// <summary>The pages with the browser client: Node.js runs them.</summary>
internal sealed class Pages : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Answer>> _calls = [];
    private readonly ConcurrentDictionary<string, View> _views = new(StringComparer.Ordinal);
    private readonly Process _node;
    private readonly Lock _gate = new();
    private readonly Task _reading;
    private long _lastCall;

    public Pages()
    {
        // What Node.js 22 has by itself, 20 has to be asked for.
        var start = new ProcessStartInfo("node", ["--experimental-websocket", "--no-warnings", Checkout.Folder("bench/Mesh.Faults/Pages/pages.js")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _node = Process.Start(start)!;
        _reading = ReadAsync();
    }

    public void Open(string page, string room, string url) =>
        Write(new { page, open = new { url, room, client = new Uri(Checkout.Folder("clients/javascript")).AbsoluteUri } });

    public View? ViewOf(string page) => _views.GetValueOrDefault(page);

    /// <returns>Whether the server knows of it.</returns>
    public async Task<bool> CallAsync(string page, string act, State? state = null, bool closes = false)
    {
        var call = Interlocked.Increment(ref _lastCall);
        var answer = _calls[call] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Write(new { page, call, act, state, closes });
        var (heard, error) = await answer.Task;
        return error is null ? heard : throw new InvalidOperationException(error);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate) _node.StandardInput.Close();
        await _reading;
        await _node.WaitForExitAsync();
        _node.Dispose();
    }

    private void Write(object line)
    {
        lock (_gate)
        {
            _node.StandardInput.WriteLine(JsonSerializer.Serialize(line, JsonSerializerOptions.Web));
            _node.StandardInput.Flush();
        }
    }

    private async Task ReadAsync()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            var said = JsonSerializer.Deserialize<Line>(line, JsonSerializerOptions.Web)!;
            if (said.Failure is not null) await Console.Error.WriteLineAsync($"{said.Page}: {said.Failure}");
            else if (said.Call is { } call && _calls.TryRemove(call, out var answer)) answer.SetResult(new(said.Heard, said.Error));
            else _views[said.Page] = new(said.Page, said.View, said.Fresh);
        }
        foreach (var answer in _calls.Values) answer.TrySetResult(new(Heard: false, "Node.js has ended."));
    }

    private sealed record Answer(bool Heard, string? Error);

    private sealed record Line(string Page, long? Call, bool Heard, string? Error, string? Failure, IReadOnlyList<Shown>? View, [property: JsonPropertyName("fresh")] bool Fresh);
}
