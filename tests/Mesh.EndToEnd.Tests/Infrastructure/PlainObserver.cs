using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// Watches a room as a plain client does, and holds what it hears against the rules: each event once, in order, nothing that
/// contradicts what came before. Connections are named 1, 2, … as they are first heard of.
/// </summary>
public sealed class PlainObserver : IAsyncDisposable
{
    private readonly PlainClient _client;
    private readonly string _roomName;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private Dictionary<string, string?> _start = new(StringComparer.Ordinal);

    private PlainObserver(PlainClient client, string roomName) => (_client, _roomName) = (client, roomName);

    public static async Task<PlainObserver> ConnectAsync(DemoServer server, string roomName = "general")
    {
        var observer = new PlainObserver(await PlainClient.ConnectAsync(server.Port), roomName);
        var answer = await observer._client.RequestAsync("mesh/subscribe-presence", new { roomName });
        answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        observer._start = observer.ViewOf(answer.GetProperty("present").EnumerateArray().Select(one => one.GetProperty("id").GetString()!), answer);
        return observer;
    }

    /// <summary>The events so far: <c>join 1</c>, <c>state 1 alice/busy</c>, <c>state 1 null</c>, <c>leave 1</c>.</summary>
    public IReadOnlyList<string> Log => [.. Events.Select(Describe)];

    /// <summary>The states of those in the room, by name of the connection: null where there is none.</summary>
    public IReadOnlyDictionary<string, string?> View => Replay();

    /// <summary>When the last event came, since the observer connected.</summary>
    public TimeSpan LastEventAt => Events[^1].At;

    /// <summary>The time now, since the observer connected. The frame that tells it came over the same connection.</summary>
    public async Task<TimeSpan> NowAsync()
    {
        await _client.RequestAsync("mesh/noop", new { });
        return _client.Frames[^1].At;
    }

    /// <summary>Waits until the log has that many events, and nothing more to come; then it must be just these.</summary>
    public async Task LogIsAsync(params string[] expected)
    {
        await WaitForAsync(log => log.Count >= expected.Length, expected);
        await SettleAsync(TimeSpan.FromMilliseconds(100));
        Log.ShouldBe(expected);
    }

    /// <summary>Waits for an event, past or to come.</summary>
    public Task HearsAsync(string line) => WaitForAsync(log => log.Contains(line, StringComparer.Ordinal), [line]);

    /// <summary>Waits until the states of those in the room are as wanted.</summary>
    public Task SeesAsync(Func<IReadOnlyDictionary<string, string?>, bool> wanted) =>
        _client.WaitAsync(() => wanted(View), () => $"The observer has heard:\n{string.Join('\n', Log)}");

    /// <summary>
    /// Waits until so much of the server's own time is over, as told by a state that expires; then what was heard must be
    /// what the server itself has.
    /// </summary>
    public async Task SettleAsync(TimeSpan time)
    {
        var clock = $"clock {Guid.NewGuid()}";
        await _client.RequestAsync("mesh/subscribe-presence", new { roomName = clock });
        await _client.PublishAsync(clock, new { ticking = true }, (long)time.TotalMilliseconds);
        await _client.WaitForAsync(frame => frame.Command == "mesh/presence-update" && frame["roomName"] == clock
            && frame.Payload.TryGetProperty("state", out var state) && state.ValueKind == JsonValueKind.Null);
        await _client.RequestAsync("mesh/leave-room", new { roomName = clock });

        var answer = await _client.RequestAsync("mesh/get-presence-state", new { roomName = _roomName });
        var truth = ViewOf(answer.GetProperty("present").EnumerateArray().Select(one => one.GetString()!), answer);
        await _client.WaitAsync(
            () => SameView(Replay(), truth),
            () => $"The server has {Show(truth)}, but what the observer has heard is:\n{string.Join('\n', Log)}");
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        Replay();
    }

    private ReceivedFrame[] Events => [.. _client.Frames.Where(frame => frame.Command == "mesh/presence-update" && frame["roomName"] == _roomName)];

    private Task WaitForAsync(Func<IReadOnlyList<string>, bool> wanted, string[] expected) => _client.WaitAsync(
        () => wanted(Log), () => $"Expected:\n{string.Join('\n', expected)}\nbut the observer has heard:\n{string.Join('\n', Log)}");

    private Dictionary<string, string?> Replay()
    {
        var view = new Dictionary<string, string?>(_start, StringComparer.Ordinal);
        foreach (var heard in Events)
        {
            var name = NameOf(heard["connectionId"]!);
            var isRight = heard["type"] switch
            {
                "join" => view.TryAdd(name, null),
                "leave" => view.Remove(name),
                _ => view.ContainsKey(name),
            };
            isRight.ShouldBeTrue($"\"{Describe(heard)}\" does not follow from what was heard before:\n{string.Join('\n', Log)}");
            if (heard["type"] == "state") view[name] = Describe(heard.Payload.GetProperty("state"));
        }
        return view;
    }

    private Dictionary<string, string?> ViewOf(IEnumerable<string> present, JsonElement answer)
    {
        var states = answer.GetProperty("states");
        return present.ToDictionary(NameOf, id => states.TryGetProperty(id, out var state) ? Describe(state) : null, StringComparer.Ordinal);
    }

    private string NameOf(string connectionId)
    {
        lock (_names)
        {
            if (!_names.TryGetValue(connectionId, out var name)) _names[connectionId] = name = $"{_names.Count + 1}";
            return name;
        }
    }

    private string Describe(ReceivedFrame heard)
    {
        var who = $"{heard["type"]} {NameOf(heard["connectionId"]!)}";
        return heard["type"] == "state" ? $"{who} {Describe(heard.Payload.GetProperty("state")) ?? "null"}" : who;
    }

    private static string? Describe(JsonElement state)
    {
        if (state.ValueKind == JsonValueKind.Null) return null;
        return state.ValueKind == JsonValueKind.Object && state.TryGetProperty("userId", out var userId) && state.TryGetProperty("status", out var status)
            ? $"{userId}/{status}"
            : state.ToString();
    }

    private static bool SameView(Dictionary<string, string?> a, Dictionary<string, string?> b) =>
        a.Count == b.Count && a.All(one => b.TryGetValue(one.Key, out var state) && state == one.Value);

    private static string Show(Dictionary<string, string?> view) => string.Join(", ", view.Select(one => $"{one.Key} {one.Value ?? "null"}"));
}
