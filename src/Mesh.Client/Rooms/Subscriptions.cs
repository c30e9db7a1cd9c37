using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Those who see a room connection by connection. To be used with the gate held.</summary>
internal sealed class Subscriptions(CallbackQueue callbacks)
{
    private readonly List<Subscription> _all = [];

    public bool Any => _all.Count > 0;

    public Subscription Add(Action<PresenceUpdate> callback)
    {
        if (_all.Find(one => one.Callback == callback) is { } known) return known;
        var subscription = new Subscription(callback);
        _all.Add(subscription);
        return subscription;
    }

    public void Remove(Subscription subscription)
    {
        subscription.IsOver = true;
        _all.Remove(subscription);
    }

    /// <param name="callback">Null: all.</param>
    /// <returns>False if there was no such subscription.</returns>
    public bool Remove(Action<PresenceUpdate>? callback)
    {
        var removed = _all.Where(one => callback is null || one.Callback == callback).ToList();
        foreach (var one in removed) Remove(one);
        return removed.Count > 0;
    }

    public void Tell(RosterChange change, string roomName, DateTimeOffset timestamp)
    {
        var told = _all.Where(one => one.IsAnswered).ToList();
        if (told.Count == 0) return;
        var updates = PresenceUpdates.Of(change, roomName, timestamp);
        // One call in the queue for all of a frame: a resync of a large room is no flood.
        foreach (var one in told)
        {
            callbacks.Post(nameof(PresenceUpdate), updates, update =>
            {
                if (!one.IsOver) one.Callback(update);
            });
        }
    }
}
