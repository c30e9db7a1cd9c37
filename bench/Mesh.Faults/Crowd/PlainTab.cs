using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Faults;

/// <summary>
/// A tab by a plain client, as existing apps have it: it asks now and then whether anybody is there, and begins anew when its
/// connection ends. What it shows is what it heard since it subscribed.
/// </summary>
internal sealed class PlainTab(string name, string room, string url, Action unheard) : ITab
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _standing = New();
    private PlainConnection? _connection;
    private Dictionary<string, State?>? _members;
    private State? _state;
    private bool _wasHeard;

    public string Name => name;

    public View? View
    {
        get
        {
            lock (_gate)
            {
                if (_stop is null) return null;
                return _members is null ? new(name, null, IsFresh: false) : View.OfMembers(name, _members.Values);
            }
        }
    }

    public Task JoinAsync()
    {
        lock (_gate)
        {
            _stop = new();
            _standing = New();
            _running = RunAsync(_stop.Token);
            return _standing.Task;
        }
    }

    public async Task PublishAsync(State state)
    {
        _state = state;
        while (true)
        {
            var (connection, standing) = Now();
            if (connection is null) await standing;
            // Who has just stood up has said it already, or it is said again.
            else if (await TryAsync(() => SayAsync(connection))) return;
            else await Task.Delay(Retry);
        }
    }

    public async Task<bool> LeaveAsync(bool closes)
    {
        CancellationTokenSource stop;
        lock (_gate)
        {
            stop = _stop!;
            _stop = null;
        }
        await stop.CancelAsync();
        await _running;
        stop.Dispose();
        return _wasHeard;
    }

    public async Task<bool> ReloadAsync()
    {
        var heard = await LeaveAsync(closes: true);
        await JoinAsync();
        return heard;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop is not null) await LeaveAsync(closes: true);
    }

    private (PlainConnection? Connection, Task Standing) Now()
    {
        lock (_gate) return (_standing.Task.IsCompleted ? _connection : null, _standing.Task);
    }

    private async Task RunAsync(CancellationToken stop)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            await TryAsync(() => ConnectAsync(stop));
            if (!stop.IsCancellationRequested) await Task.Delay(Retry, CancellationToken.None);
        }
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        _wasHeard = true;
        await using var connection = await PlainConnection.ConnectAsync(url, Limit, Take);
        try
        {
            await EnterAsync(connection);
            while (!stop.IsCancellationRequested && !connection.Ended.IsCompleted)
            {
                await Task.WhenAny(connection.Ended, Task.Delay(AskInterval, stop));
                if (!stop.IsCancellationRequested) await connection.RequestAsync(CommandNames.Noop, new { }, Limit);
            }
        }
        finally
        {
            lock (_gate)
            {
                if (_standing.Task.IsCompleted) _standing = New();
                _members = null;
            }
            _wasHeard = stop.IsCancellationRequested && await connection.CloseAsync(Farewell);
            // Who leaves says so to who has asked them to.
            if (!_wasHeard && !stop.IsCancellationRequested) unheard();
        }
    }

    private async Task EnterAsync(PlainConnection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            _members = null;
            // What the connection before was told on its way out is none of this one's.
            _early.Clear();
        }
        // Events may come before the answer is read: what they tell of is in it, or they follow it.
        await DoAsync(connection, CommandNames.JoinRoom, () => new { roomName = room });
        if (_state is not null) await SayAsync(connection);
        var answer = await DoAsync(connection, CommandNames.SubscribePresence, () => new { roomName = room });
        lock (_gate)
        {
            var present = answer.GetProperty("present").EnumerateArray().Select(one => one.GetProperty("id").GetString()!).ToDictionary(id => id, State? (_) => null, StringComparer.Ordinal);
            foreach (var one in answer.GetProperty("states").EnumerateObject()) present[one.Name] = Read(one.Value);
            _members = present;
            foreach (var update in _early) Apply(update);
            _early.Clear();
            _standing.TrySetResult();
        }
    }

    // Heard between the answer and its being read.
    private readonly List<JsonElement> _early = [];

    private void Take(JsonElement update)
    {
        lock (_gate)
        {
            if (_members is null) _early.Add(update.Clone());
            else Apply(update);
        }
    }

    private void Apply(JsonElement update)
    {
        var id = update.GetProperty("connectionId").GetString()!;
        switch (update.GetProperty("type").GetString())
        {
            case "join": _members!.TryAdd(id, null); break;
            case "leave": _members!.Remove(id); break;
            default: _members![id] = Read(update.GetProperty("state")); break;
        }
    }

    // Always the newest: one that was refused must not come after a later one.
    private Task<JsonElement> SayAsync(PlainConnection connection) =>
        DoAsync(connection, CommandNames.PublishPresenceState, () => new { roomName = room, state = _state });

    // What is refused for now is said again; what ends the connection ends this.
    private static async Task<JsonElement> DoAsync(PlainConnection connection, string command, Func<object> payload)
    {
        while (true)
        {
            try
            {
                var answer = await connection.RequestAsync(command, payload(), Limit);
                if (answer.ValueKind != JsonValueKind.False) return answer;
            }
            catch (MeshException refusal) when (refusal.Code is not ("ECLOSED" or "ETIMEOUT"))
            {
                // Redis may be away.
            }
            await Task.Delay(Retry);
        }
    }

    private static State? Read(JsonElement state) => state.ValueKind == JsonValueKind.Null ? null : state.Deserialize<State>(JsonSerializerOptions.Web);

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception failure) when (failure is MeshException or OperationCanceledException)
        {
            return false;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
