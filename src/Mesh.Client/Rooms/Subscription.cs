namespace Mesh.Client;

/// <summary>A callback given to <c>SubscribePresenceAsync</c>.</summary>
internal sealed class Subscription(Action<PresenceUpdate> callback)
{
    private volatile bool _isOver;

    public Action<PresenceUpdate> Callback => callback;

    /// <summary>False until the subscription was answered: what is known by then is in the answer.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>It was removed: what still waits for the callback is not called any more.</summary>
    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }
}
