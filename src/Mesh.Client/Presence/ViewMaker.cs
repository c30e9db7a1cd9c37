using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>
/// Makes the view by user of a room's rosters: off the client's lock, one batch at a time, each of all that has come since
/// the one before.
/// </summary>
internal sealed class ViewMaker<TState>
{
    /// <summary>So many diffs may wait; when more come, the newest roster alone is taken.</summary>
    private const int MostDiffs = 64;

    private readonly Lock _lock = new();
    private readonly PresenceOptions<TState> _options;
    private readonly StateReader<TState> _states;
    private readonly Action<PresenceView<TState>> _show;
    private readonly ILogger _log;
    private readonly Turn _turn;
    private readonly UserView _view = new();
    private readonly UserList<TState> _users;

    private Batch _next = new();
    private PresenceView<TState>? _shown;
    private bool _isFresh;
    private volatile bool _isStopped;

    // While a batch is made: on which thread, and completed when it is.
    private int _thread;
    private TaskCompletionSource? _making;

    public ViewMaker(PresenceOptions<TState> options, StateReader<TState> states, Action<PresenceView<TState>> show, ILogger log)
    {
        (_options, _states, _show, _log) = (options, states, show, log);
        _users = new(states);
        _turn = new(context: null, MakeNext, log);
    }

    /// <param name="diff">What led to the roster; null: it is to be taken whole.</param>
    /// <param name="after">The roster.</param>
    /// <param name="fresh">Whether that is all there is.</param>
    public void Take(RosterDiff? diff, Roster after, bool fresh)
    {
        lock (_lock)
        {
            if (diff is null || _next.Rosters.Count == MostDiffs)
            {
                _next.Rosters.Clear();
                diff = null;
            }
            _next.Rosters.Add((diff, after));
            _isFresh = fresh;
        }
        _turn.Ask();
    }

    public void Freshen(bool fresh)
    {
        lock (_lock) _isFresh = fresh;
        _turn.Ask();
    }

    /// <returns>Completed when all that has come so far is shown.</returns>
    public Task CatchUpAsync()
    {
        var made = Completions.Create();
        lock (_lock)
        {
            if (_isStopped) return Task.CompletedTask;
            _next.Waiting.Add(made);
        }
        _turn.Ask();
        return made.Task;
    }

    /// <summary>Asks and shows nothing any more.</summary>
    /// <returns>Completed when no identifier runs but, perhaps, the one that stops it.</returns>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            return _making is null || _thread == Environment.CurrentManagedThreadId ? Task.CompletedTask : _making.Task;
        }
    }

    private void MakeNext()
    {
        Batch batch;
        bool isFresh;
        var making = Completions.Create();
        lock (_lock)
        {
            (batch, _next) = (_next, new());
            isFresh = _isFresh;
            (_thread, _making) = (Environment.CurrentManagedThreadId, making);
        }
        try
        {
            if (!_isStopped) Make(batch, isFresh);
        }
        catch (Exception failure)
        {
            _log.ViewFailed(_options.Room, failure);
        }
        lock (_lock) (_thread, _making) = (0, null);
        making.TrySetResult();
        foreach (var made in batch.Waiting) made.TrySetResult();
    }

    private void Make(Batch batch, bool isFresh)
    {
        foreach (var (diff, after) in batch.Rosters)
            foreach (var member in diff is null ? _view.Take(after) : _view.Take(diff, after)) Identify(member);
        foreach (var (member, id) in batch.Answers) Answer(member, id);
        if (_view.Roster is null || _isStopped) return;
        var users = _users.Show(_view.TakeChanges());
        if (_shown is not null && ReferenceEquals(users, _shown.Users) && isFresh == _shown.IsFresh) return;
        _shown = new(users, isFresh);
        _show(_shown);
    }

    private void Identify(Member member)
    {
        if (_isStopped) return;
        if (!_states.TryRead(member.State, out var state, out var unreadable))
        {
            _log.StateUnreadable(_options.Room, typeof(TState).Name, member.ConnectionId, unreadable!);
            Answer(member, null);
            return;
        }
        try
        {
            var identifying = AskAsync(member, state);
            if (identifying.IsCompletedSuccessfully)
            {
                Answer(member, identifying.Result);
                return;
            }
            var later = identifying.AsTask().ConfigureAwait(false).GetAwaiter();
            later.UnsafeOnCompleted(() => AnswerLater(member, later.GetResult));
        }
        catch (Exception failure)
        {
            Failed(member, failure);
            Answer(member, null);
        }
    }

    private ValueTask<string?> AskAsync(Member member, TState? state) => _options switch
    {
        { StateIdentifier: { } identify } => new(identify(state)),
        { StateIdentifierAsync: { } identify } => identify(state),
        { MemberIdentifierAsync: { } identify } => identify(state, member.ConnectionId, member),
        _ => default,
    };

    private void AnswerLater(Member member, Func<string?> result)
    {
        string? id = null;
        try
        {
            id = result();
        }
        catch (Exception failure)
        {
            Failed(member, failure);
        }
        // Answers that come together are one change.
        lock (_lock) _next.Answers.Add((member, id));
        _turn.Ask();
    }

    private void Answer(Member member, string? id) => _view.Answer(member.ConnectionId, member.Stamp ?? default, id);

    private void Failed(Member member, Exception failure) => _log.IdentifierFailed(_options.Room, member.ConnectionId, failure);

    private sealed class Batch
    {
        public List<(RosterDiff? Diff, Roster After)> Rosters { get; } = [];

        public List<(Member Member, string? Id)> Answers { get; } = [];

        public List<TaskCompletionSource> Waiting { get; } = [];
    }
}
