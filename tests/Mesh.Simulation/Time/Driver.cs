namespace Mesh.Simulation;

/// <summary>
/// Runs a world on the thread pool's only thread. What the product leaves to the pool (continuations, turns, whatever is done
/// later) is done before the next thing happens, in the order in which the pool has it: it too depends on nothing but the seed.
/// </summary>
internal sealed class Driver : IThreadPoolWorkItem, IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private readonly Func<bool> _step;
    private Exception? _failure;

    private Driver(Func<bool> step) => _step = step;

    /// <summary>Whether the pool has one thread: else a run can't be repeated.</summary>
    public static bool HasOneThread
    {
        get
        {
            ThreadPool.GetMaxThreads(out var most, out _);
            return most == 1;
        }
    }

    /// <param name="step">Lets the next thing happen; false: it is over.</param>
    public static void Run(Func<bool> step)
    {
        using var driver = new Driver(step);
        ThreadPool.UnsafeQueueUserWorkItem(driver, preferLocal: false);
        driver._done.Wait();
        if (driver._failure is { } failure) throw new InvalidOperationException("The simulation failed.", failure);
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            while (ThreadPool.PendingWorkItemCount == 0)
            {
                if (_step()) continue;
                _done.Set();
                return;
            }
            // Behind all that waits.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (Exception failure)
        {
            _failure = failure;
            _done.Set();
        }
    }

    public void Dispose() => _done.Dispose();
}
