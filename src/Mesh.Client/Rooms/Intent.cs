using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What the user's state is to be, until the server has acknowledged it.</summary>
/// <param name="record">The state, null to clear, and when it becomes null in this machine's milliseconds since 1970.</param>
/// <param name="source">Whose word it is.</param>
/// <param name="silent">Whether to keep it from plain clients.</param>
internal sealed class Intent(OwnRecord record, IntentSource source, bool silent = false)
{
    /// <summary>As it would be stored.</summary>
    public OwnRecord Record { get; } = record.WithoutStamp();

    public IntentSource Source => source;

    /// <summary>It was sent on this connection.</summary>
    public bool IsSent { get; set; }

    /// <summary>It was sent, and is to be sent again in a while.</summary>
    public bool IsStalled { get; set; }

    /// <summary>A clear that has found nothing on the own member, and is said once more.</summary>
    public bool IsInsisted { get; set; }

    /// <summary>Who waits for it, or for one that it replaced.</summary>
    public List<TaskCompletionSource> Waiting { get; } = [];

    /// <summary>What is left to say of it: one that has expired meanwhile is a clear.</summary>
    public Publication ToPublication(long now)
    {
        var left = Record.Expires - now;
        return new(left <= 0 ? RawJson.Null : Record.State, left > 0 ? left : null, silent ? true : null);
    }

    /// <summary>Those who wait for <paramref name="other"/> wait for this.</summary>
    public void TakeOver(Intent other)
    {
        Waiting.InsertRange(0, other.Waiting);
        other.Waiting.Clear();
    }

    public void Done()
    {
        foreach (var waiting in Waiting) waiting.TrySetResult();
        Waiting.Clear();
    }

    public void Fail(Exception error)
    {
        foreach (var waiting in Waiting) waiting.Fail(error);
        Waiting.Clear();
    }
}
