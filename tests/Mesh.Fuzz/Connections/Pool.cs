using System.Runtime.CompilerServices;

namespace Mesh.Fuzz;

/// <summary>The thread pool, which has one thread in a worker.</summary>
internal static class Pool
{
    /// <summary>Waits until nothing else is left to do: all that was begun waits for a message, or for time.</summary>
    public static async ValueTask QuietAsync()
    {
        do await default(Back);
        while (ThreadPool.PendingWorkItemCount > 0);
    }

    /// <summary>Goes on behind all that waits in the pool.</summary>
    private readonly struct Back : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Back GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static it => it(), continuation, preferLocal: false);
    }
}
