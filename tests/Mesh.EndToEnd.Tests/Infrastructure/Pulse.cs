namespace Mesh.EndToEnd.Tests;

/// <summary>Lets tests wait for a condition on something that changes.</summary>
public sealed class Pulse
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Something has changed.</summary>
    public void Beat()
    {
        TaskCompletionSource now;
        lock (_gate) (now, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        now.SetResult();
    }

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="describe">What there was instead, should it not come to hold.</param>
    public async Task WaitAsync(Func<bool> condition, Func<string> describe)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            Task next;
            lock (_gate) next = _next.Task;
            if (condition()) return;
            try
            {
                await next.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException limitReached)
            {
                throw new TimeoutException(describe(), limitReached);
            }
        }
    }
}
