using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>Tells the application of each view, by its callbacks and to those who watch. Who is slow skips, and gets the newest.</summary>
internal sealed class ViewTeller<TState>
{
    private readonly Lock _lock = new();
    private readonly PresenceOptions<TState> _options;
    private readonly ILogger _log;
    private readonly Turn _turn;
    private PresenceView<TState>? _view;
    private TaskCompletionSource? _next;
    private IReadOnlyList<PresenceUser<TState>>? _toldUsers;
    private bool _toldFresh;
    private bool _isStopped;

    // While callbacks run: on which thread, and completed when they have.
    private int _thread;
    private TaskCompletionSource? _telling;

    public ViewTeller(PresenceOptions<TState> options, SynchronizationContext? context, ILogger log)
    {
        (_options, _log) = (options, log);
        _turn = new(context, Tell, log);
    }

    /// <summary>The one shown last; null before the first.</summary>
    public PresenceView<TState>? View
    {
        get { lock (_lock) return _view; }
    }

    public void Show(PresenceView<TState> view)
    {
        lock (_lock)
        {
            if (_isStopped) return;
            _view = view;
            _next?.TrySetResult();
            _next = null;
        }
        _turn.Ask();
    }

    /// <returns>The newest view, when it is another than <paramref name="seen"/>; null when it is over.</returns>
    public async Task<PresenceView<TState>?> NextAsync(PresenceView<TState>? seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task next;
            lock (_lock)
            {
                if (_isStopped) return null;
                if (!ReferenceEquals(_view, seen)) return _view;
                next = (_next ??= Completions.Create()).Task;
            }
            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Completed when no callback runs but, perhaps, the one that stops it.</returns>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            _next?.TrySetResult();
            _next = null;
            return _telling is null || _thread == Environment.CurrentManagedThreadId ? Task.CompletedTask : _telling.Task;
        }
    }

    private void Tell()
    {
        PresenceView<TState> view;
        var telling = Completions.Create();
        lock (_lock)
        {
            if (_isStopped || _view is null) return;
            view = _view;
            (_thread, _telling) = (Environment.CurrentManagedThreadId, telling);
        }
        if (view.IsFresh != _toldFresh) Call(nameof(_options.OnFreshness), () => _options.OnFreshness?.Invoke(_toldFresh = view.IsFresh));
        if (!ReferenceEquals(view.Users, _toldUsers)) Call(nameof(_options.OnUpdate), () => _options.OnUpdate?.Invoke(_toldUsers = view.Users));
        lock (_lock) (_thread, _telling) = (0, null);
        telling.TrySetResult();
    }

    private void Call(string name, Action callback)
    {
        lock (_lock)
            if (_isStopped) return;
        try
        {
            callback();
        }
        catch (Exception failure)
        {
            _log.CallbackFailed(name, failure);
        }
    }
}
