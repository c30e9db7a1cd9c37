using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>
/// The application's callbacks, in order and one at a time, on the context that the application had when it made the client.
/// What a callback throws is logged.
/// </summary>
internal sealed class CallbackQueue
{
    /// <summary>So many may wait for a slow one; what comes then is dropped.</summary>
    public const int Most = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<(string Name, Action Callback)> _waiting = [];
    private readonly Turn _turn;
    private readonly ILogger _log;
    private bool _isDropping;

    public CallbackQueue(SynchronizationContext? context, ILogger log)
    {
        _log = log;
        _turn = new(context, RunNext, log);
    }

    /// <param name="name">For the log.</param>
    /// <param name="callback">What to call.</param>
    public void Post(string name, Action callback)
    {
        lock (_lock)
        {
            if (_waiting.Count == Most)
            {
                if (!_isDropping) _log.CallbacksDropped(Most);
                _isDropping = true;
                return;
            }
            _isDropping = false;
            _waiting.Enqueue((name, callback));
        }
        _turn.Ask();
    }

    /// <summary>Calls back with each of these, as one callback in the queue.</summary>
    public void Post<T>(string name, IReadOnlyList<T> all, Action<T> callback) => Post(name, () =>
    {
        foreach (var one in all) Call(name, () => callback(one));
    });

    /// <summary>Calls now, within a callback of the queue.</summary>
    public void Call(string name, Action callback)
    {
        try
        {
            callback();
        }
        catch (Exception failure)
        {
            _log.CallbackFailed(name, failure);
        }
    }

    // One in a turn, so that a context can do other things in between.
    private void RunNext()
    {
        (string Name, Action Callback) next;
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out next)) return;
            if (_waiting.Count > 0) _turn.Ask();
        }
        Call(next.Name, next.Callback);
    }
}
