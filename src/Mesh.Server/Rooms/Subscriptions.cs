using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The rooms that one WebSocket is told about. They end with it.</summary>
internal sealed class Subscriptions(Transport transport, int mostRooms)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _byRoom = new(StringComparer.Ordinal);
    private bool _ended;

    /// <summary>True if a subscription may be behind.</summary>
    public bool AnyBehind
    {
        get => Volatile.Read(ref field);
        set => Interlocked.Exchange(ref field, value);
    }

    /// <summary>The subscription to a room, a new one if need be. The caller has acquired the room; it is released if that was not needed.</summary>
    /// <exception cref="MeshException"><c>ELIMIT</c>: too many rooms; <c>ECLOSED</c>: the WebSocket has ended.</exception>
    public Subscription To(Room room) => To(room, out _);

    /// <summary>The same; <paramref name="isNew"/> says whether there was none.</summary>
    public Subscription To(Room room, out bool isNew)
    {
        isNew = false;
        lock (_gate)
        {
            if (_byRoom.TryGetValue(room.Name, out var present))
            {
                room.Release();
                return present;
            }
            if (_ended || _byRoom.Count >= mostRooms)
            {
                room.Release();
                throw _ended ? Refusals.Ended() : Refusals.TooManyRooms();
            }
            isNew = true;
            return _byRoom[room.Name] = new(room, transport);
        }
    }

    /// <summary>Ends one subscription; false if there was none.</summary>
    public bool Remove(string room)
    {
        Subscription? subscription;
        lock (_gate)
            if (!_byRoom.Remove(room, out subscription)) return false;
        End(subscription);
        return true;
    }

    /// <summary>Ends all, and takes no more.</summary>
    public void RemoveAll()
    {
        Subscription[] all;
        lock (_gate)
        {
            _ended = true;
            all = [.. _byRoom.Values];
            _byRoom.Clear();
        }
        foreach (var subscription in all) End(subscription);
    }

    /// <summary>Makes up for the diffs that were held back while the outbox was crowded.</summary>
    public void CatchUp()
    {
        if (!AnyBehind) return;
        AnyBehind = false;
        Subscription[] behind;
        lock (_gate) behind = [.. _byRoom.Values.Where(it => it.IsBehind)];
        foreach (var subscription in behind) subscription.Room.CatchUp(subscription);
    }

    private static void End(Subscription subscription)
    {
        subscription.Room.Unsubscribe(subscription);
        subscription.Room.Release();
    }
}
