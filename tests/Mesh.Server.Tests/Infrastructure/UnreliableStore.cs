using System.Collections.Concurrent;

namespace Mesh.Server.Tests;

/// <summary>A store that loses events, fails, or takes its time, when a test says so.</summary>
internal sealed class UnreliableStore(IRoomStore inner) : IRoomStore
{
    [ThreadStatic]
    private static bool _tells;

    private int _calls;
    private int _reads;
    private ConcurrentQueue<Action>? _events;
    private TaskCompletionSource? _held;
    private TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public event Func<Task>? MembersLost;

    public event Action? Away;

    /// <summary>Everything is out of reach.</summary>
    public bool IsAway { get; private set; }

    public void GoAway()
    {
        IsAway = true;
        Doubt();
    }

    /// <summary>What was read may be stale.</summary>
    public void Doubt() => Away?.Invoke();

    public void Return() => IsAway = false;

    /// <summary>What the node had may be gone.</summary>
    public Task LoseMembersAsync() => MembersLost!.Invoke();

    public Predicate<RoomEvent> Loses { get; set; } = _ => false;

    /// <summary>Events take their time, until <see cref="TellHeld"/>.</summary>
    public void HoldEvents() => _events = [];

    public void TellHeld()
    {
        var held = _events!;
        _events = null;
        foreach (var tell in held) tell();
    }

    public bool FailsReads { get; set; }

    /// <summary>How often it was called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How often it was asked for a roster.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>How often a listener read while it was being told, which the seam forbids.</summary>
    public int ReadsByListeners { get; private set; }

    /// <summary>What reads show of the truth: all of it, unless a test says otherwise.</summary>
    public Func<Roster, Roster> Shows { get; set; } = it => it;

    public bool FailsJoins { get; set; }

    /// <summary>Joins are not even begun.</summary>
    public bool IsNotAsked { get; set; }

    /// <summary>The room whose joins and leaves fail.</summary>
    public string? Broken { get; set; }

    /// <summary>Completes when a join waits for <see cref="Release"/>.</summary>
    public Task Waiting => _waiting.Task.WaitAsync(Wait.Limit);

    /// <summary>The next join waits, before it does anything.</summary>
    public void HoldNextJoin()
    {
        _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release() => _held!.SetResult();

    public async ValueTask<RoomChange> JoinAsync(string room, NewMember member, StateChange? state, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        ThrowIfAway();
        if (IsNotAsked) throw new StoreNotAskedException("The store is away.");
        if (FailsJoins || room == Broken) throw new IOException("The store is away.");
        if (_held is { Task.IsCompleted: false } held && _waiting.TrySetResult()) await held.Task;
        return await inner.JoinAsync(room, member, state, cancellationToken);
    }

    public ValueTask<RoomChange> SetStateAsync(string room, string connectionId, StateChange state, CancellationToken cancellationToken) =>
        Called().SetStateAsync(room, connectionId, state, cancellationToken);

    public ValueTask<RoomChange> SetMemberMetadataAsync(string room, string connectionId, RawJson metadata, CancellationToken cancellationToken) =>
        Called().SetMemberMetadataAsync(room, connectionId, metadata, cancellationToken);

    public ValueTask<RoomChange> LeaveAsync(string room, string connectionId, CancellationToken cancellationToken) =>
        room == Broken ? throw new IOException("The store is away.") : Called().LeaveAsync(room, connectionId, cancellationToken);

    public async ValueTask<Roster> ReadAsync(string room, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _reads);
        if (_tells) ReadsByListeners++;
        ThrowIfAway();
        return FailsReads ? throw new IOException("The store is away.") : Shows(await inner.ReadAsync(room, cancellationToken));
    }

    public ValueTask<RawJson> GetMetadataAsync(string room, CancellationToken cancellationToken) => Called().GetMetadataAsync(room, cancellationToken);

    public ValueTask SetMetadataAsync(string room, RawJson metadata, CancellationToken cancellationToken) => Called().SetMetadataAsync(room, metadata, cancellationToken);

    public ValueTask<IAsyncDisposable> ListenAsync(string room, Action<RoomEvent> listener, Action missed, CancellationToken cancellationToken) =>
        Called().ListenAsync(room, change =>
        {
            if (Loses(change)) return;
            if (_events is { } held) held.Enqueue(Tell);
            else Tell();

            void Tell()
            {
                _tells = true;
                listener(change);
                _tells = false;
            }
        }, missed, cancellationToken);

    private IRoomStore Called()
    {
        Interlocked.Increment(ref _calls);
        ThrowIfAway();
        return inner;
    }

    private void ThrowIfAway()
    {
        if (IsAway) throw new MeshException(ErrorCodes.Unavailable, "The store is away.");
    }
}
