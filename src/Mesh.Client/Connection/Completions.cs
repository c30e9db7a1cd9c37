namespace Mesh.Client;

/// <summary>Tasks that are completed with the gate held, and whose failure nobody has to look at.</summary>
internal static class Completions
{
    public static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TaskCompletionSource<T> Create<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static void Fail(this TaskCompletionSource completion, Exception error)
    {
        if (completion.TrySetException(error)) _ = completion.Task.Exception;
    }

    public static void Fail<T>(this TaskCompletionSource<T> completion, Exception error)
    {
        if (completion.TrySetException(error)) _ = completion.Task.Exception;
    }
}
