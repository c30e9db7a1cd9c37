using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>Runs one thing, never twice at a time: what is asked for while it runs makes it run once more.</summary>
/// <param name="context">Where it runs; null: on the thread pool.</param>
/// <param name="run">What to run. It does not throw.</param>
/// <param name="log">For a context that takes nothing any more.</param>
internal sealed class Turn(SynchronizationContext? context, Action run, ILogger log)
{
    private readonly Lock _lock = new();
    private bool _isAsked;
    private bool _isRunning;

    /// <summary>Never runs anything within the call, so that it can be made with a lock held.</summary>
    public void Ask()
    {
        lock (_lock)
        {
            if (_isAsked) return;
            _isAsked = true;
            if (_isRunning) return;
            _isRunning = true;
        }
        Schedule();
    }

    // Always from the thread pool: some contexts run at once what is posted to them.
    private void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.Begin(), this, preferLocal: false);

    private void Begin()
    {
        if (context is null)
        {
            Run();
            return;
        }
        try
        {
            context.Post(static turn => ((Turn)turn!).Run(), this);
        }
        catch (Exception gone)
        {
            // The window or page that it belonged to may be closed.
            log.ContextGone(context.GetType().Name, gone);
            lock (_lock) _isAsked = _isRunning = false;
        }
    }

    private void Run()
    {
        lock (_lock) _isAsked = false;
        run();
        lock (_lock)
        {
            _isRunning = _isAsked;
            if (!_isRunning) return;
        }
        Schedule();
    }
}
